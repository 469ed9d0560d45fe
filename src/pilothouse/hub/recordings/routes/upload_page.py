"""A page that delivers recordings from a browser, for as long as the web UI is not part of this installation."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

UPLOAD_PATH = "/upload"
STYLE = """
body { margin: 0 auto; max-width: 44rem; padding: 2rem 1.5rem; font: 16px/1.55 system-ui, sans-serif; }
ul { list-style: none; padding: 0; }
li { display: grid; gap: .25rem; padding: .8rem 0;
     border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
progress { width: 100%; }
li[data-state=failed] small { color: light-dark(#b3261e, #ff8a80); }
"""
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Deliver recordings</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<main>
<h1>Deliver recordings</h1>
<p>Choose <code>.mcap</code> files, or drop them here. Each is checked from end to end; one that is interrupted goes on
where it was when it is chosen again.</p>
<input type="file" accept=".mcap" multiple aria-label="Recordings">
<ul aria-live="polite"></ul>
</main>
<script>{script}</script>
</body>
</html>
"""

router = APIRouter()


@router.get(UPLOAD_PATH, include_in_schema=False)
async def upload_page() -> HTMLResponse:
    """Whoever delivers still shows a credential: the page has none of its own."""
    page, policy = _made()
    return HTMLResponse(page, headers={"Content-Security-Policy": policy, "Cache-Control": "no-cache"})


@cache
def _made() -> tuple[str, str]:
    script = files("pilothouse.hub.recordings.routes").joinpath("upload.js").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(STYLE)}; img-src data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return PAGE.format(style=STYLE, script=script), policy


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
