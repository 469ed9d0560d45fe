"""/openapi.json, and /docs and /redoc without another host: the network of a robot often reaches nothing else."""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html, get_swagger_ui_oauth2_redirect_html
from starlette.responses import FileResponse, HTMLResponse, Response

OPENAPI_PATH = "/openapi.json"
DOCS_PATH = "/docs"
REDOC_PATH = "/redoc"
REDIRECT_PATH = "/docs/oauth2-redirect"
ASSET_PATH = "/docs/assets/{name}"
DOCUMENT_PATHS = (OPENAPI_PATH, DOCS_PATH, REDOC_PATH, REDIRECT_PATH, ASSET_PATH)

Asset = Literal["swagger-ui-bundle.js", "swagger-ui.css", "redoc.standalone.js", "favicon.png"]

router = APIRouter(include_in_schema=False)


@router.api_route(OPENAPI_PATH, methods=["GET", "HEAD"])
async def openapi(request: Request) -> Response:
    return Response(await request.app.document(_root(request)), media_type="application/json")


@router.api_route(DOCS_PATH, methods=["GET", "HEAD"])
def swagger_ui(request: Request) -> HTMLResponse:
    return get_swagger_ui_html(
        openapi_url=_address(request, OPENAPI_PATH),
        title=f"{request.app.title}: API",
        oauth2_redirect_url=_address(request, REDIRECT_PATH),
        swagger_js_url=_asset(request, "swagger-ui-bundle.js"),
        swagger_css_url=_asset(request, "swagger-ui.css"),
        swagger_favicon_url=_asset(request, "favicon.png"),
    )


@router.api_route(REDOC_PATH, methods=["GET", "HEAD"])
def redoc(request: Request) -> HTMLResponse:
    return get_redoc_html(
        openapi_url=_address(request, OPENAPI_PATH),
        title=f"{request.app.title}: API",
        redoc_js_url=_asset(request, "redoc.standalone.js"),
        redoc_favicon_url=_asset(request, "favicon.png"),
        with_google_fonts=False,
    )


@router.api_route(REDIRECT_PATH, methods=["GET", "HEAD"])
def oauth2_redirect() -> HTMLResponse:
    return get_swagger_ui_oauth2_redirect_html()


@router.api_route(ASSET_PATH, methods=["GET", "HEAD"])
def asset(name: Asset) -> FileResponse:
    """What the pages are made of."""
    return FileResponse(_carried() / name, headers={"Cache-Control": "public, max-age=86400"})


def _carried() -> Path:
    # fastapi-offline is wanted for the files it carries; importing it would bring its own subclass of FastAPI along.
    return Path(str(distribution("fastapi-offline").locate_file("fastapi_offline/static")))


def _address(request: Request, path: str) -> str:
    return _root(request) + path


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", "")).rstrip("/")


def _asset(request: Request, name: Asset) -> str:
    return _address(request, ASSET_PATH.format(name=name))
