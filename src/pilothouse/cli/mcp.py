"""`pilothouse mcp`."""

from __future__ import annotations

from typing import Annotated

import typer

from pilothouse.cli.parts.hub_link import DEFAULT_URL, URL, URL_OF_TOOLS

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.callback(invoke_without_command=True)
def mcp(
    url: Annotated[str, typer.Option(envvar=[URL_OF_TOOLS, URL], help="Address of the hub.")] = DEFAULT_URL,
    token: Annotated[
        str | None, typer.Option(envvar="PILOTHOUSE_TOKEN", help="An agent's token, or an API token; decides all.")
    ] = None,
) -> None:
    """Tools for an AI agent, over standard input and output (Model Context Protocol).

    For programs that start their tools themselves: give them `pilothouse mcp` as the command, and PILOTHOUSE_URL and
    PILOTHOUSE_TOKEN. Agents that speak HTTP find the same at /mcp of the hub.
    """
    import anyio
    import httpx2

    from pilothouse.kit.errors import BadConfiguration

    if not url.startswith(("http://", "https://")):
        raise BadConfiguration(problem=f"'{url}' is no address of a hub; write http://HOST:PORT")
    from pilothouse.mcp_server import build_server
    from pilothouse.mcp_server.hub import remote

    headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def serve() -> None:
        async with httpx2.AsyncClient(base_url=url.rstrip("/"), headers=headers) as client:
            await build_server(remote(client)).run_stdio_async()

    anyio.run(serve)
