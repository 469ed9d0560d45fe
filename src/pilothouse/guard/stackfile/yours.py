"""Functions, classes and packages of the user's own as source, policy and sink."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pilothouse.guard.stackfile.base import Rate, Reference, Section

Process = Annotated[
    Literal["own", "shared"],
    Field(
        description="own: a process of its own, where nothing it does holds up the emergency stop; shared: the guard's"
    ),
]
Restarts = Annotated[
    int,
    Field(
        ge=0,
        le=1000,
        description="How often in a session its own process may end and is begun again while the fallback acts; "
        "once more is the emergency stop",
    ),
]


class _PythonConfig(Section):
    function: Reference = Field(description="module:function, or module:Class, on the path or beside the Stackfile")
    parameters: dict[str, Any] = Field(default_factory=dict, max_length=64, description="Passed as keywords")


class PythonSourceConfig(_PythonConfig):
    """A function of yours that returns the newest observation, called so often from a thread of its own."""

    type: Literal["python"] = "python"
    rate_hz: Rate = Field(100.0, description="How often it is asked")


class PythonPolicyConfig(_PythonConfig):
    """A function of yours, called with the observation, returning joint targets; a class is made once and asked."""

    type: Literal["python"] = "python"
    process: Process = "own"
    restarts: Restarts = 0


class PythonSinkConfig(_PythonConfig):
    """A function of yours that moves the robot, called with each action."""

    type: Literal["python"] = "python"
    emergency_stop: Reference | None = Field(
        None, description="The function that stops the robot at once; a class has it as its method emergency_stop"
    )


PLUGIN = "plugin"
"""The tag of what no class here describes."""


class PluginConfig(BaseModel):
    """An adapter of an installed package, found by its entry point; its options are those of its factory."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    type: str = Field(description="The name of the entry point")

    @property
    def options(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


class PluginPolicyConfig(PluginConfig):
    """A policy of an installed package."""

    process: Process = "own"
    restarts: Restarts = 0
