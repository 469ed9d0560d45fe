"""What `run`, `shell`, `batch` and `debug` have in common: which session is wanted."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from pydantic import BaseModel

from pilothouse.cli import lab_checkout
from pilothouse.kit.errors import BadConfiguration

if TYPE_CHECKING:
    from pilothouse.client.lab import Lab
    from pilothouse.wire.lab import NewLabSession

Asked = TypeVar("Asked", bound=BaseModel)

Flag = typer.Option
Repo = Annotated[str | None, Flag("--repo", help="The repository; this checkout's own, or the only one, when absent.")]
Commit = Annotated[str | None, Flag("--commit", help="The commit.")]
Ref = Annotated[str | None, Flag("--ref", help="A branch or tag; the default branch when nothing is said.")]
Patch = Annotated[Path | None, Flag("--patch", exists=True, dir_okay=False, help="A patch to be applied.")]
Dirty = Annotated[bool, Flag("--dirty", help="This checkout's HEAD with all that is not committed, new files too.")]
Recording = Annotated[list[str] | None, Flag("--recording", help="To be seen in /recordings; repeatable.")]
Artifact = Annotated[list[str] | None, Flag("--artifact", help="Files to keep, as a glob; repeatable.")]
Secret = Annotated[list[str] | None, Flag("--secret", help="A secret of the repository, by name; repeatable.")]
Env = Annotated[list[str] | None, Flag("--env", "-e", help="NAME=VALUE for the command; repeatable.")]
Label = Annotated[list[str] | None, Flag("--label", help="To find it again; repeatable.")]
Incident = Annotated[str | None, Flag("--incident", help="The incident it looks into.")]
Timeout = Annotated[float | None, Flag("--timeout", min=0.001, help="A command may take so many seconds.")]
Network = Annotated[str | None, Flag("--network", help="none, full, or hosts with commas: pypi.org,example.org:8443")]
Words = Annotated[list[str], typer.Argument(metavar="-- COMMAND...", help="The command and its arguments.")]


@dataclass(frozen=True)
class Wanted:
    """A session as flags describe it."""

    repo: str | None = None
    commit: str | None = None
    ref: str | None = None
    patch: Path | None = None
    dirty: bool = False
    recordings: tuple[str, ...] = ()
    artifacts: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    incident: str | None = None
    timeout_s: float | None = None
    network: str | None = None

    def session(self, lab: Lab, **more: Any) -> NewLabSession:
        """What is asked of the hub."""
        from pilothouse.wire.lab import NewLabSession

        asked: dict[str, Any] = {
            "repository": lab_checkout.repository_named(lab, self.repo), **self._revision(),
            "recordings": list(self.recordings), "artifacts": list(self.artifacts), "secrets": list(self.secrets),
            "environment": _variables(self.environment), "labels": list(self.labels), "incident_id": self.incident,
            "timeout_s": self.timeout_s, **_network(self.network), **more,
        }  # fmt: skip
        return checked(NewLabSession, asked)

    def _revision(self) -> dict[str, Any]:
        if self.dirty and (self.patch or self.ref or self.commit):
            raise BadConfiguration(problem="--dirty stands for commit and patch; leave the others out")
        if self.dirty:
            patch = lab_checkout.uncommitted()
            found: dict[str, Any] = {"commit_sha": lab_checkout.head()}
        else:
            patch = self.patch.read_bytes() if self.patch is not None else b""
            found = {"commit_sha": self.commit, "ref": self.ref}
            if self.patch is not None and not patch.strip():
                raise BadConfiguration(problem=f"{self.patch} is empty")
        return found | ({"patch_base64": base64.b64encode(patch).decode()} if patch else {})


def checked(model: type[Asked], asked: dict[str, Any]) -> Asked:
    """What is asked for, in the hub's own terms; a person hears in a sentence what is wrong with it."""
    from pydantic import ValidationError

    from pilothouse.kit.settings import explain

    try:
        return model.model_validate(asked)
    except ValidationError as error:
        raise BadConfiguration(problem=explain(error, model)) from None


def _variables(words: tuple[str, ...]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    if any(not separator for _, separator, _ in pairs):
        raise BadConfiguration(problem="--env is NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _network(said: str | None) -> dict[str, Any]:
    if said is None:
        return {}
    if said in ("none", "full"):
        return {"network": said}
    hosts = [host.strip() for host in said.split(",") if host.strip()]
    return {"network": "allowlist", "allow": hosts}
