"""Files of the robot that every recording carries."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ByteSize, ConfigDict, Field, model_validator

from pilothouse.recorder.byte_sizes import Bytes

MIB = 1 << 20
Lines = Annotated[int, Field(ge=1, le=100_000)]


class AttachmentConfig(BaseModel):
    """A whole file, or the last lines of a log."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    file: Path | None = Field(None, description="A file to carry whole, such as a parameter file")
    log: Path | None = Field(None, description="A log of which to carry the end")
    lines: Lines = Field(200, description="How many lines of the log")
    name: str | None = Field(
        None, min_length=1, max_length=200, description="What it is called in the recording; its path when absent"
    )
    max_bytes: Annotated[Bytes, Field(ge=1, le=64 * MIB)] = Field(
        ByteSize(MIB), description="A file larger than this is left out, a log is cut to its end"
    )

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.file is None) == (self.log is None):
            raise ValueError("an attachment is either `file: PATH` or `log: PATH`")
        return self

    @property
    def path(self) -> Path:
        path = self.file or self.log
        assert path is not None
        return path

    @property
    def called(self) -> str:
        return self.name or str(self.path)
