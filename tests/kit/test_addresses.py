"""A name stays a part of the address it is put into."""

from __future__ import annotations

import httpx2
import pytest

from pilothouse.kit.addresses import part_of


@pytest.mark.parametrize("name", ["plain_1.mcap", ".", "..", "a/../b", "a b?c=d#e", "%2e%2e", "wärme", "..."])
def test_a_name_leads_nowhere_else(name: str) -> None:
    request = httpx2.Request("DELETE", f"http://hub/sessions/ses_1/commands/{part_of(name)}")

    assert request.url.raw_path.decode() == f"/sessions/ses_1/commands/{part_of(name)}"
    assert request.url.raw_path.count(b"/") == 4
