"""What the lab answers over HTTP."""

from pilothouse.hub.lab.routes import batches, commands, repositories, sessions

ROUTERS = (repositories.router, sessions.router, commands.router, batches.router)
