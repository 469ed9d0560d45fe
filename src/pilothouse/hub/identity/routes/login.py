"""The page behind a login link, for as long as the web UI is not part of this installation."""

from __future__ import annotations

import base64
import hashlib
import sys

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

LOGIN_PATH = "/login"
SCRIPT = """
const code = new URLSearchParams(location.search).get("code");
const said = document.getElementById("said");
const form = document.querySelector("form");
history.replaceState(null, "", "/login");
async function signIn(what) {
  const answer = await fetch("/api/v1/auth/session", {
    method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(what),
  });
  if (answer.ok) { location.replace("/"); return; }
  form.hidden = false;
  said.textContent = answer.status === 401
    ? "That did not work. A link is good once and for 15 minutes: pilothouse hub login-link makes another one."
    : (await answer.json()).detail;
}
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const secret = form.secret.value;
  signIn(form.kind.value === "password" ? {password: secret} : {token: secret});
});
if (code) { signIn({code}); } else { form.hidden = false; }
"""
STYLE = """
body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 16px/1.55 system-ui, sans-serif; }
main { width: min(24rem, 100% - 3rem); }
label, select, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit; }
input, select, button { margin: .25rem 0 1rem; padding: .5rem .7rem; }
"""
PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sign in to Pilothouse</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>Sign in</h1>
<p id="said" role="status"></p>
<form hidden>
<label>With <select name="kind"><option value="token">a token</option><option value="password">the password</option>
</select></label>
<label>Secret <input name="secret" type="password" autocomplete="current-password" required></label>
<button>Sign in</button>
</form>
</main>
<script>{SCRIPT}</script>
</body>
</html>
"""


def link(url: str, code: str) -> str:
    """Where a browser signs in with a code."""
    return f"{url.rstrip('/')}{LOGIN_PATH}?code={code}"


def tell(url: str, code: str | None) -> None:
    """Say where the first person signs in, on standard error: the terminal is theirs."""
    if code is not None:
        print(f"login {link(url, code)}", file=sys.stderr, flush=True)  # noqa: T201 - for a person, as Jupyter does


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; connect-src 'self'; img-src data:; style-src {_hash(STYLE)}; "
        f"script-src {_hash(SCRIPT)}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}
router = APIRouter()


@router.get(LOGIN_PATH, include_in_schema=False)
async def login() -> HTMLResponse:
    """Changes nothing: the code is used up by what the page sends, so that a preview of the link does no harm."""
    return HTMLResponse(PAGE, headers=HEADERS)
