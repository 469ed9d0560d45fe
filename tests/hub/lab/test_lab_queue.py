"""What is asked of the lab is kept, whoever asks at the same time."""

from __future__ import annotations

import asyncio
import hashlib

import httpx2
import pytest

pytestmark = pytest.mark.anyio

SHA = "abc1234"


async def test_sixteen_clients_with_ten_commands_each_take_160_numbers(lab: httpx2.AsyncClient) -> None:
    made = (await lab.post("/sessions", json={"repository": "demo", "commit_sha": SHA})).json()

    async def queue() -> list[int]:
        path = f"/sessions/{made['id']}/commands"
        return [(await lab.post(path, json={"argv": ["true"]})).json()["sequence"] for _ in range(10)]

    found = await asyncio.gather(*(queue() for _ in range(16)))

    assert sorted(number for one in found for number in one) == list(range(1, 161))


async def test_a_patch_is_known_by_its_hash(lab: httpx2.AsyncClient) -> None:
    patch = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"
    body = {"repository": "demo", "commit_sha": SHA, "patch": patch, "metadata": {"ci": True}}

    made = (await lab.post("/sessions", json=body)).json()

    digest = hashlib.sha256(patch.encode()).hexdigest()
    assert made["patch_hash"] == digest
    assert made["metadata"] == {"ci": True, "patch_hash": digest}


@pytest.mark.parametrize("commit", ["--upload-pack=touch /tmp/x00000000000000000", "xyz", "a/b", "-1234567", ""])
async def test_a_malformed_commit_is_refused(lab: httpx2.AsyncClient, commit: str) -> None:
    answer = await lab.post("/sessions", json={"repository": "demo", "commit_sha": commit})

    assert answer.status_code == 422
