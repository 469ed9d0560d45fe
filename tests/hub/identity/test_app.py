import httpx2
import pytest


@pytest.mark.anyio
async def test_a_started_hub_is_ready(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/readyz")

    assert (answer.status_code, answer.json()["ok"]) == (200, True)
