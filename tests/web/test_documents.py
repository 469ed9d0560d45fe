import re

import pytest
from httpx2 import ASGITransport, AsyncClient

from pilothouse.web import ServiceSettings, create_service

app = create_service(title="Example", description="x", settings=ServiceSettings(), routers=[])


def calling() -> AsyncClient:
    return AsyncClient(transport=ASGITransport(app), base_url="http://localhost")


@pytest.mark.anyio
@pytest.mark.parametrize("page", ["/docs", "/redoc"])
async def test_a_page_loads_nothing_from_another_host(page: str) -> None:
    async with calling() as client:
        text = (await client.get(page)).text
        addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", text)
        answers = [await client.get(address) for address in addresses]

    assert len(addresses) >= 2
    assert all(address.startswith("/docs/assets/") for address in addresses)
    assert [answer.status_code for answer in answers] == [200] * len(addresses)
    assert "/openapi.json" in text


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["..%2F__init__.py", "core.py", "consts.py"])
async def test_only_the_assets_are_served(name: str) -> None:
    async with calling() as client:
        answer = await client.get(f"/docs/assets/{name}")

    assert answer.status_code in (404, 422)
