"""Keys and networks, as the settings have them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pilothouse.hub.lab.domain.problems import SecretUnreadable, StoredElsewhere
from pilothouse.hub.lab.service import sharing
from pilothouse.hub.lab.service.execution.machine import as_allowed, trusting
from pilothouse.hub.lab.service.mirrors import credentials_of
from pilothouse.hub.lab.service.sealing import KEY_FILE, Sealing
from pilothouse.hub.settings import HubSettings
from pilothouse.hub.storage import Storage
from pilothouse.kit.errors import BadConfiguration
from pilothouse.sandbox.model import Level, Mechanism, NetworkMode, Offer
from pilothouse.sandbox.probing import FULL_APART


def sealing(data: Path, **settings: Any) -> Sealing:
    return Sealing(HubSettings(data=data, host="127.0.0.1", port=0, **settings))


def test_what_one_hub_sealed_another_opens_with_the_same_data_directory_or_the_same_setting(tmp_path: Path) -> None:
    key, elsewhere = "k" * 32, tmp_path / "elsewhere"

    by_file = sealing(tmp_path).seal("wärme\x00")
    by_setting = sealing(tmp_path, lab_secrets_key=key).seal("kälte")

    assert "wärme" not in by_file
    assert sealing(tmp_path).open("A", by_file) == "wärme\x00"
    assert sealing(elsewhere, lab_secrets_key=key).open("B", by_setting) == "kälte"
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_with_another_key_or_none_a_secret_says_what_is_to_be_done(tmp_path: Path) -> None:
    sealed = sealing(tmp_path).seal("value")

    for other in (sealing(tmp_path, lab_secrets_key="o" * 32), sealing(tmp_path / "elsewhere")):
        with pytest.raises(SecretUnreadable, match="PILOTHOUSE_LAB_SECRETS_KEY") as problem:
            other.open("TOKEN", sealed)
        assert "TOKEN" in problem.value.sentence
    assert not (tmp_path / "elsewhere").exists()


def test_hosts_of_set_ups_that_name_nothing_are_refused_at_the_start(tmp_path: Path) -> None:
    fits = HubSettings(data=tmp_path, lab_setup_allow=" packages.example , [2001:db8::1]:8443 ")

    assert fits.check().lab_setup_hosts == ("packages.example", "[2001:db8::1]:8443")
    with pytest.raises(BadConfiguration, match="PILOTHOUSE_LAB_SETUP_ALLOW"):
        HubSettings(data=tmp_path, lab_setup_allow="*.example").check()


@pytest.mark.parametrize("named", ["ext", "https,ext", "HTTPS", " , "])
def test_ways_to_fetch_that_git_would_run_a_command_for_are_refused_at_the_start(tmp_path: Path, named: str) -> None:
    with pytest.raises(BadConfiguration, match="PILOTHOUSE_LAB_GIT_PROTOCOLS"):
        HubSettings(data=tmp_path, lab_git_protocols=named).check()
    assert HubSettings(data=tmp_path, lab_git_protocols="ssh, file").check().lab_protocols == ("ssh", "file")


def test_the_machines_own_network_is_offered_only_where_the_operator_says_so() -> None:
    every = tuple(NetworkMode)
    apart = {FULL_APART: Mechanism(True, "/usr/bin/slirp4netns")}
    isolated, shared = Offer(Level.ISOLATED, apart, every), Offer(Level.ISOLATED, {}, every)

    assert as_allowed(isolated, shared_network=False) == isolated
    assert as_allowed(shared, shared_network=True) == shared
    assert as_allowed(shared, shared_network=False).network == (NetworkMode.NONE, NetworkMode.ALLOWLIST)
    exposed = Offer(Level.NONE, {}, (NetworkMode.FULL,))
    assert as_allowed(exposed, shared_network=False) == exposed


def test_set_ups_are_told_which_authorities_the_machine_trusts(tmp_path: Path) -> None:
    told = trusting()

    assert len(set(told.values())) <= 1
    assert all(Path(one).is_file() for one in told.values())
    with pytest.raises(BadConfiguration, match="PILOTHOUSE_LAB_SETUP_VARIABLES"):
        HubSettings(data=tmp_path, lab_setup_variables="no json").check()
    with pytest.raises(BadConfiguration, match="PILOTHOUSE_LAB_TOOLS"):
        HubSettings(data=tmp_path, lab_tools="/opt/conda, /etc").check()


@pytest.mark.parametrize(
    ("remote_url", "shown"),
    [
        ("https://git.example/team/demo.git", ("team", "a:b")),
        ("https://git.example/team", ("team", "a:b")),
        ("https://git.example/teams/demo.git", ("anyone", "c")),
        ("https://git.example.elsewhere/team/demo.git", None),
        ("https://other.example:8443/demo.git", ("other", "d")),
        ("https://nobody.example/demo.git", None),
    ],
)
def test_a_credential_is_shown_to_the_place_it_is_for_and_to_no_other(
    remote_url: str, shown: tuple[str, str] | None
) -> None:
    known = {
        "https://git.example": "anyone:c",
        "https://git.example/team/": "team:a:b",
        "other.example": "other:d",
    }

    assert credentials_of(known)(remote_url) == shown


@pytest.mark.anyio
async def test_a_worker_that_does_not_reach_the_storage_of_a_hub_runs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sharing, "PATIENCE_S", 0.05)
    monkeypatch.setattr(sharing, "LOOK_S", 0.01)
    storage, never = Storage.memory(), asyncio.Event()

    with pytest.raises(StoredElsewhere, match="PILOTHOUSE_STORAGE_URL"):
        await sharing.Sharing(storage).seen(unless=never)
    await sharing.Sharing(storage).show()
    monkeypatch.setattr(sharing, "PATIENCE_S", 30)
    await sharing.Sharing(storage).seen(unless=never)

    never.set()
    await sharing.Sharing(Storage.memory()).seen(unless=never)
