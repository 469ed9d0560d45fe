"""What every section of a Stackfile is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,99}$")]
"""What something in a Stackfile is called: it stands in addresses, file names and records."""

Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e12, le=1e12)]
Positive = Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Rate = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]
"""Hertz."""

Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$", max_length=300)]
"""A function or class of a Python module, as ``module:function``."""


class Section(BaseModel):
    """Unknown keys are errors, values never change after loading."""

    # Built once, with the whole they are part of: the robot is light.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, validate_default=True)
