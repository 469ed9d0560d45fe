"""What `run`, `shell`, `batch` and `debug` have in common: which session is wanted."""

from __future__ import annotations

import base64
import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_type_hints

import typer
from pydantic import BaseModel

from pilothouse.cli.lab import checkout
from pilothouse.kit.errors import BadConfiguration

if TYPE_CHECKING:
    from pilothouse.client.lab import Lab
    from pilothouse.wire.lab import NewLabSession

Asked = TypeVar("Asked", bound=BaseModel)

Command = TypeVar("Command", bound=Callable[..., None])

Flag = typer.Option
Words = Annotated[list[str], typer.Argument(metavar="-- COMMAND", help="The command and its arguments.")]


# What to write where a pattern was not met.
_SHAPES = {
    "name": "a name is of letters, digits, '.', '_' and '-', and begins with a letter or digit",
    "repository": "the name of a repository is of letters, digits, '.', '_' and '-'",
    "commit_sha": "a commit is at least 4 hexadecimal digits; --ref takes a branch or a tag",
    "commits": "a commit is at least 4 hexadecimal digits",
    "ref": "a branch or a tag begins with a letter or digit and has no spaces; --commit takes a commit",
    "allow": "--network is none, full, or names of hosts with commas, each with :PORT if need be",
    "labels": "a label is of letters, digits, spaces and . _ : / = @ -, and begins with a letter or digit",
    "secrets": "a secret has the name of a variable: letters, digits and '_'",
    "incident_id": "an incident's id has letters, digits, '.', '_' and '-'",
}


@dataclass(frozen=True)
class Wanted:
    """A session as flags describe it."""

    repo: Annotated[
        str | None, Flag("--repo", help="The repository; this checkout's own, or the only one, when absent.")
    ] = None
    commit: Annotated[str | None, Flag("--commit", help="The commit.")] = None
    ref: Annotated[str | None, Flag("--ref", help="A branch or tag; the default branch when nothing is said.")] = None
    patch: Annotated[Path | None, Flag("--patch", exists=True, dir_okay=False, help="A patch to be applied.")] = None
    dirty: Annotated[
        bool, Flag("--dirty", help="This checkout's HEAD with all that is not committed, new files too.")
    ] = False
    recording: Annotated[list[str] | None, Flag("--recording", help="To be seen in /recordings; repeatable.")] = None
    artifact: Annotated[list[str] | None, Flag("--artifact", help="Files to keep, as a glob; repeatable.")] = None
    secret: Annotated[list[str] | None, Flag("--secret", help="A secret of the repository, by name; repeatable.")] = (
        None
    )
    env: Annotated[list[str] | None, Flag("--env", "-e", help="NAME=VALUE for the command; repeatable.")] = None
    label: Annotated[list[str] | None, Flag("--label", help="To find it again; repeatable.")] = None
    incident: Annotated[str | None, Flag("--incident", help="The incident it looks into.")] = None
    timeout: Annotated[float | None, Flag("--timeout", min=0.001, help="A command may take so many seconds.")] = None
    network: Annotated[
        str | None, Flag("--network", help="none, full, or hosts with commas: pypi.org,example.org:8443")
    ] = None

    def session(self, lab: Lab, **more: Any) -> NewLabSession:
        """What is asked of the hub."""
        from pilothouse.wire.lab import NewLabSession

        asked: dict[str, Any] = {
            "repository": checkout.repository_named(lab, self.repo), **self._revision(),
            "recordings": self.recording or [], "artifacts": self.artifact or [], "secrets": self.secret or [],
            "environment": _variables(self.env or []), "labels": self.label or [], "incident_id": self.incident,
            "timeout_s": self.timeout, **_network(self.network), **more,
        }  # fmt: skip
        return checked(NewLabSession, asked)

    def _revision(self) -> dict[str, Any]:
        if self.dirty and (self.patch or self.ref or self.commit):
            raise BadConfiguration(problem="--dirty stands for commit and patch; leave the others out")
        if self.dirty:
            patch = checkout.uncommitted()
            found: dict[str, Any] = {"commit_sha": checkout.head()}
        else:
            patch = self.patch.read_bytes() if self.patch is not None else b""
            found = {"commit_sha": self.commit, "ref": self.ref}
            if self.patch is not None and not patch.strip():
                raise BadConfiguration(problem=f"{self.patch} is empty")
        return found | ({"patch_base64": base64.b64encode(patch).decode()} if patch else {})


@contextmanager
def place_of(lab: Lab, session: str | None, wanted: Wanted) -> Iterator[str]:
    """The session that was named, or one that is made for as long as the block lasts."""
    if session is not None and wanted != Wanted():
        raise BadConfiguration(problem="--session is there already; leave out what describes a new one")
    place = session or lab.create(wanted.session(lab)).id
    try:
        yield place
    finally:
        if session is None:
            lab.cancel(place)


def describes_a_session(command: Command) -> Command:
    """Give a command the flags of ``Wanted``, but for those it has itself, and what they say as ``wanted``."""
    own = [one for one in inspect.signature(command, eval_str=True).parameters.values() if one.name != "wanted"]
    kinds = get_type_hints(Wanted, include_extras=True)
    shared = [
        inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=kinds[one.name])
        for one in fields(Wanted)
        if one.name not in {known.name for known in own}
    ]

    @functools.wraps(command)
    def run(**given: Any) -> None:
        wanted = Wanted(**{one.name: given.pop(one.name) for one in shared})
        command(**given, wanted=wanted)

    arguments = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
    run.__signature__ = inspect.Signature([*arguments[:1], *shared, *arguments[1:]])  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in (*own, *shared)}
    return run  # type: ignore[return-value]


def checked(model: type[Asked], asked: dict[str, Any]) -> Asked:
    """What is asked for, in the hub's own terms; a person hears in a sentence what is wrong with it."""
    from pydantic import ValidationError

    from pilothouse.kit.settings import explain

    try:
        return model.model_validate(asked)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        shape = _SHAPES.get(str(first["loc"][0])) if first["type"] == "string_pattern_mismatch" else None
        raise BadConfiguration(problem=shape or explain(error, model)) from None


def _variables(words: list[str]) -> dict[str, str]:
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
