from __future__ import annotations

import base64
import stat
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from pilothouse.hub.app import create_app
from pilothouse.hub.identity.service import LOCAL_TOKEN_FILE
from pilothouse.hub.settings import HubSettings
from pilothouse.kit.errors import BadConfiguration
from tests.hub.conftest import client_of

pytestmark = pytest.mark.anyio

PASSWORD, TOKEN, LOCAL = "correct horse", "robots-only", "operator-only"
ROUTE = "/api/v1/robots"
Configured = Callable[..., HubSettings]


@pytest.fixture
def configured(tmp_path: Path) -> Configured:
    def with_settings(**more: object) -> HubSettings:
        secrets = {
            key: SecretStr(value) if isinstance(value, str) and key != "mode" else value for key, value in more.items()
        }
        return HubSettings(data=tmp_path / "data", host="127.0.0.1", lab_worker=False, **secrets)  # type: ignore[arg-type]

    return with_settings


async def status(settings: HubSettings, path: str = ROUTE, **request: object) -> int:
    return (await answer(settings, path, **request)).status_code


async def answer(settings: HubSettings, path: str = ROUTE, **request: object) -> httpx2.Response:
    app = create_app(settings)
    async with app.router.lifespan_context(app), client_of(app) as client:
        return await client.get(path, **request)  # type: ignore[arg-type]


def basic(user: str, password: str) -> dict[str, str]:
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {encoded}"}


def bearer(token: str) -> dict[str, str | bytes]:
    return {"Authorization": f"Bearer {token}".encode()}  # type: ignore[dict-item]


async def test_a_worker_that_serves_nobody_makes_no_login_link_and_warns_of_no_port(
    configured: Configured,
) -> None:
    app = create_app(configured(), serves=False)

    with capture_logs() as written:
        async with app.router.lifespan_context(app):
            assert not hasattr(app.state, "login_code")

    assert [entry["event"] for entry in written if entry["log_level"] == "warning"] == []


async def test_fleet_mode_refuses_to_start_without_a_password(configured: Configured) -> None:
    for settings in (configured(mode="fleet"), configured(mode="fleet", hub_auth_password="")):
        with pytest.raises(BadConfiguration, match="MD_HUB_AUTH_PASSWORD"):
            create_app(settings)


async def test_fleet_mode_needs_a_credential(configured: Configured) -> None:
    settings = configured(mode="fleet", hub_auth_password=PASSWORD)

    assert await status(settings) == 401
    assert await status(settings, headers=basic("anybody", PASSWORD)) == 200


async def test_single_mode_without_a_password_is_open_and_says_so_in_one_line(configured: Configured) -> None:
    with capture_logs() as written:
        assert await status(configured()) == 200

    warnings = [entry["event"] for entry in written if entry["log_level"] == "warning"]
    assert len(warnings) == 1
    assert "MD_HUB_AUTH_PASSWORD" in warnings[0]


async def test_an_open_hub_says_whether_a_credential_is_missing_or_wrong(configured: Configured) -> None:
    app = create_app(configured())
    async with app.router.lifespan_context(app), client_of(app) as client:
        for path in ("/auth/tokens", "/api/v1/boards", "/sessions"):
            for shown in ({}, bearer("nobody's"), basic("x", "y")):
                refused = await client.get(path, headers=shown)  # type: ignore[arg-type]

                assert refused.status_code == 401
                assert refused.json()["code"] == ("credentials_wrong" if shown else "credentials_missing"), path


async def test_single_mode_with_a_password_needs_it_and_does_not_warn(configured: Configured) -> None:
    with capture_logs() as written:
        assert await status(configured(hub_auth_password=PASSWORD)) == 401

    assert [entry for entry in written if entry["log_level"] == "warning"] == []


@pytest.mark.parametrize("user", ["", "anybody", "fünf"])
async def test_any_user_name_goes_with_the_password(configured: Configured, user: str) -> None:
    assert await status(configured(hub_auth_password=PASSWORD), headers=basic(user, PASSWORD)) == 200


async def test_the_token_is_the_password_when_none_is_set(configured: Configured) -> None:
    assert await status(configured(hub_auth_password=PASSWORD), headers=bearer(PASSWORD)) == 200


async def test_with_both_set_bearer_takes_the_token_only_and_basic_the_password_only(configured: Configured) -> None:
    settings = configured(hub_auth_password=PASSWORD, hub_auth_token=TOKEN)

    assert await status(settings, headers=bearer(TOKEN)) == 200
    assert await status(settings, headers=bearer(PASSWORD)) == 401
    assert await status(settings, headers=basic("x", PASSWORD)) == 200
    assert await status(settings, headers=basic("x", TOKEN)) == 401


async def test_the_local_token_is_an_operators_with_and_without_a_password(configured: Configured) -> None:
    assert await status(configured(hub_auth_password=PASSWORD, local_auth_token=LOCAL), headers=bearer(LOCAL)) == 200
    assert await status(configured(hub_auth_password=PASSWORD), headers=bearer(LOCAL)) == 401


@pytest.mark.parametrize(
    "header",
    [
        b"Basic",
        b"Basic !!!",
        b"Basic " + base64.b64encode(b"no colon"),
        b"Basic " + base64.b64encode("x:pässword".encode("latin-1")),
        b"Bearer",
        b"Bearer \xff\xfe",
        "Bearer pässword".encode(),
        b"Digest username=x",
        b"\x00",
        b"Bearer " + b"x" * 10_000,
    ],
)
async def test_strange_credentials_are_wrong_and_no_more(configured: Configured, header: bytes) -> None:
    assert await status(configured(hub_auth_password=PASSWORD), headers=[(b"Authorization", header)]) == 401


async def test_a_password_may_hold_any_letters(configured: Configured) -> None:
    settings = configured(hub_auth_password="pässwörd: \u2603")

    assert await status(settings, headers=basic("x", "pässwörd: \u2603")) == 200


async def test_a_refusal_asks_for_basic_so_that_a_browser_prompts_and_for_bearer(configured: Configured) -> None:
    refused = await answer(configured(hub_auth_password=PASSWORD))

    challenges = refused.headers.get_list("www-authenticate")
    assert [challenge.partition(" ")[0] for challenge in challenges] == ["Basic", "Bearer"]
    assert refused.json()["code"] == "credentials_missing"


@pytest.mark.parametrize("path", ["/", "/health", "/healthz", "/readyz", "/openapi.json", "/docs", "/redoc"])
async def test_some_pages_are_public_in_every_mode(configured: Configured, path: str) -> None:
    assert await status(configured(mode="fleet", hub_auth_password=PASSWORD), path) == 200


async def test_a_token_is_made_once_when_nothing_is_configured_and_only_its_owner_reads_it(
    configured: Configured, tmp_path: Path
) -> None:
    file = tmp_path / "data" / LOCAL_TOKEN_FILE
    create_app(configured())
    made = file.read_text()
    create_app(configured())

    assert file.read_text() == made
    assert len(made.strip()) >= 43
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(path.name for path in file.parent.iterdir() if LOCAL_TOKEN_FILE in path.name) == [LOCAL_TOKEN_FILE]


async def test_no_token_is_made_where_a_credential_is_configured(configured: Configured, tmp_path: Path) -> None:
    create_app(configured(hub_auth_password=PASSWORD))
    create_app(configured(local_auth_token=LOCAL))

    assert not (tmp_path / "data" / LOCAL_TOKEN_FILE).exists()
