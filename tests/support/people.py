"""People of a guarded hub, each with a token of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2

from tests.support.guarded import Guarded

ORGANIZATIONS = "/api/v1/organizations"
ACCEPT = f"{ORGANIZATIONS}/invites/accept"


@dataclass
class Somebody:
    """A person who came by an invite."""

    guarded: Guarded
    user_id: str
    name: str
    token: str
    organization_id: str

    async def call(self, method: str, path: str, **more: Any) -> httpx2.Response:
        return await self.guarded.call(self.token, method, path, **more)

    async def status(self, method: str, path: str, **more: Any) -> int:
        return (await self.call(method, path, **more)).status_code

    async def get(self, path: str, **more: Any) -> Any:
        answer = await self.call("GET", path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()


async def invite(guarded: Guarded, organization_id: str = "home", *, by: str | None = None, **more: Any) -> str:
    """The token of an invite; made by the operator, or by whoever holds a token."""
    path = f"{ORGANIZATIONS}/{organization_id}/invites"
    answer = (
        await guarded.operator.post(path, json=more) if by is None else await guarded.call(by, "POST", path, json=more)
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


async def accept(guarded: Guarded, token: str, *, name: str = "Mara", by: str | None = None) -> httpx2.Response:
    return await guarded.call(by, "POST", ACCEPT, json={"token": token, "name": name})


async def somebody(
    guarded: Guarded, name: str = "Mara", organization_id: str = "home", *, by: str | None = None, **more: Any
) -> Somebody:
    """A new person of an organization; ``more`` is what the invite gives."""
    answer = await accept(guarded, await invite(guarded, organization_id, by=by, **more), name=name)
    assert answer.status_code == 201, answer.text
    joined = answer.json()
    return Somebody(guarded, joined["user"]["id"], name, joined["token"]["token"], organization_id)


async def organization(guarded: Guarded, owner_name: str = "Olga", name: str = "Elsewhere") -> Somebody:
    """The owner of a new organization who belongs to no other one."""
    made = await guarded.operator.post(ORGANIZATIONS, json={"name": name})
    assert made.status_code == 201, made.text
    organization_id = str(made.json()["id"])
    token = (
        await guarded.operator.post(
            f"{ORGANIZATIONS}/{organization_id}/invites", json={"role": "owner"}
        )
    ).json()["token"]  # fmt: skip
    joined = (await accept(guarded, token, name=owner_name)).json()
    owner = Somebody(guarded, joined["user"]["id"], owner_name, joined["token"]["token"], organization_id)
    left = await guarded.operator.delete(f"{ORGANIZATIONS}/{organization_id}/members/local")
    assert left.status_code == 204, left.text
    return owner
