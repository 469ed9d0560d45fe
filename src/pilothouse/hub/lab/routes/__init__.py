"""What the lab answers over HTTP."""

from pilothouse.hub.lab.routes import artifacts, batches, commands, files, logs, output, repositories, sandbox, sessions

ROUTERS = (
    repositories.router,
    sessions.router,
    commands.router,
    output.router,
    files.router,
    artifacts.router,
    batches.router,
    logs.router,
    sandbox.router,
)
