"""pilothouse robot: what a robot is to its hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilothouse.cli.robot import fleet
from pilothouse.kit.errors import BadConfiguration

if TYPE_CHECKING:
    from pilothouse.recorder.settings import RecorderSettings

app = typer.Typer(
    help="Let robots into a hub, and see how they are.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)

Flag = typer.Option


@app.callback()
def group() -> None:
    """What a robot is to its hub."""


@app.command()
def enroll(
    code: Annotated[str, Flag(help="The one-time code that the hub has shown.")],
    hub: Annotated[str | None, Flag(help="URL of the hub; the configuration's hub_url when absent.")] = None,
    robot_id: Annotated[str | None, Flag(help="The robot's name; the configuration's, else the host's.")] = None,
    data: Annotated[Path | None, Flag(help="The recorder's data directory, where the token is kept.")] = None,
    config: Annotated[Path | None, Flag(help="The recorder's YAML file.")] = None,
    again: Annotated[bool, Flag("--again", help="Replace a token this robot has already.")] = False,
) -> None:
    """Trade a one-time code for this robot's own token.

    The token is kept in DATA/hub-token.json, readable by this user alone. From the next start on the recorder shows it
    instead of hub_token, goes by the name it was enrolled under, and replaces the token by itself before it gets old.

    Example: pilothouse robot enroll --hub http://hub:8000 --code KX4P-9TQM-2WDN-7
    """
    from pilothouse.client import HubClient
    from pilothouse.recorder.delivery.enrolling import enrol
    from pilothouse.recorder.delivery.hub_token import NAME

    settings = _settings(config, data=data, robot_id=robot_id, hub=hub)
    if settings.hub_url is None:
        raise BadConfiguration(problem="which hub? Add --hub http://HOST:PORT, or --config with hub_url in it")
    enrolled = enrol(settings.data, settings.hub_url, code, settings.robot_id, connect=HubClient, again=again)
    print(f"enrolled as {enrolled.robot_id} at {enrolled.hub_url}; the token is in {settings.data / NAME}")
    how = f"--config {config}" if config else f"--data {settings.data}"
    print(f"start the recorder with: pilothouse recorder run {how}")


app.command("list")(fleet.list_robots)
for command in (fleet.show, fleet.invite, fleet.retire):
    app.command()(command)


def _settings(config: Path | None, *, data: Path | None, robot_id: str | None, hub: str | None) -> RecorderSettings:
    from pilothouse.kit.settings import load
    from pilothouse.recorder.settings import RecorderSettings

    return load(RecorderSettings, file=config, overrides={"data": data, "robot_id": robot_id, "hub_url": hub})
