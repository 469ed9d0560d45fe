"""The web UI at `/`: one document for all of its pages, and the files it is made of."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.responses import HTMLResponse
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from pilothouse.hub.ui.missing import MISSING
from pilothouse.hub.ui.site import Site
from pilothouse.kit.errors import NotFound

PLACES = ("login", "incidents", "recordings", "robots", "fleet", "boards", "lab", "settings")
"""First parts of the paths of its pages. The API has none of these; below them the UI itself says what is not there."""
ASSET_PATH = "/assets/{name}"
MARK_PATH = "/mark.svg"
FORMER_UPLOAD_PATH = "/upload"
PUBLIC = frozenset(
    {
        "/",
        ASSET_PATH,
        MARK_PATH,
        FORMER_UPLOAD_PATH,
        *(f"/{place}" for place in PLACES),
        *(f"/{place}/{{rest}}" for place in PLACES),
    }
)

# Scripts only from files of this hub. Styles may be set on elements: the layout is, and no text can name any.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
_DOCUMENT = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}

router = APIRouter(include_in_schema=False)


async def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


ThisSite = Annotated[Site, Depends(_site)]
AcceptEncoding = Annotated[str, Header()]


class NoSuchFile(NotFound):
    """The web UI has no such file; load the page again, the hub may have been renewed since."""


async def document(site: ThisSite) -> HTMLResponse:
    """Nothing of it depends on who asks: what they may see, the API tells or refuses."""
    return HTMLResponse(site.page or MISSING, headers=_DOCUMENT)


for path in ("/", *(path for place in PLACES for path in (f"/{place}", f"/{place}/{{rest:path}}"))):
    router.add_api_route(path, document, methods=["GET", "HEAD"])


@router.get(FORMER_UPLOAD_PATH)
async def former_upload_page() -> RedirectResponse:
    """Where recordings were delivered before there was a UI, for whoever kept that address."""
    return RedirectResponse("/recordings/upload", status_code=308)


@router.api_route(ASSET_PATH, methods=["GET", "HEAD"])
async def asset(name: str, site: ThisSite, accept_encoding: AcceptEncoding = "") -> Response:
    """Their names change with what is in them, so that browsers keep them for good."""
    return _sent(site, f"assets/{name}", accept_encoding, "public, max-age=31536000, immutable")


@router.api_route(MARK_PATH, methods=["GET", "HEAD"])
async def mark(site: ThisSite, accept_encoding: AcceptEncoding = "") -> Response:
    """The mark in the corner and on the tab."""
    return _sent(site, "mark.svg", accept_encoding, "public, max-age=86400")


def _sent(site: Site, name: str, accepts: str, caching: str) -> Response:
    file = site.file(name, accepts)
    if file is None:
        raise NoSuchFile
    headers = {"Cache-Control": caching, "Vary": "Accept-Encoding"}
    if file.encoding is not None:
        headers["Content-Encoding"] = file.encoding
    return FileResponse(file.path, media_type=file.media_type, headers=headers)
