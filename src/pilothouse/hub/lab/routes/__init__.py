"""What the lab answers over HTTP."""

from pilothouse.hub.lab.routes import (
    artifacts,
    batches,
    commands,
    debug,
    files,
    logs,
    output,
    repositories,
    sandbox,
    sessions,
)

ROUTERS = (
    repositories.router,
    sessions.router,
    commands.router,
    output.router,
    files.router,
    artifacts.router,
    batches.router,
    logs.router,
    debug.router,
    sandbox.router,
)
