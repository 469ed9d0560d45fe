"""The hub calls what is public, and exactly the address that it checked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.hub.notifications.domain.notices import KINDS, Filter, notice_of
from pilothouse.hub.outgoing.domain.addresses import AddressForbidden, is_public
from pilothouse.hub.outgoing.domain.delivering import MOST_TRIES, DestinationKind, cleaned, delay_s, on_one_line
from pilothouse.hub.outgoing.service.outside import Outside, look_up
from pilothouse.hub.outgoing.service.sending import Sender, Target
from pilothouse.kit.clock import at
from tests.support.receivers import GARBAGE, HANG, receiving

NOW = at(1_780_000_000 * 10**9)
MESSAGE = {
    "type": "incident.opened",
    "timestamp": NOW.isoformat(),
    "data": {"title": "x", "severity": "low", "robot_id": None, "path": None, "subject": "inc_1"},
}
OURS = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.100.100.200", "192.0.0.192", "168.63.129.16", "224.0.0.1", "239.1.1.1", "255.255.255.255", "240.0.0.1",
    "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "::127.0.0.1", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", OURS)
def test_what_only_this_network_reaches_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101"])
def test_what_everybody_reaches_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_address_is_no_more_public_for_being_wrapped(address: object) -> None:
    inner = ip_address(str(address))
    wrapped = [ip_address(f"::ffff:{inner}"), ip_address(int(ip_address("64:ff9b::")) + int(inner))]

    assert {is_public(one) for one in wrapped} == {is_public(inner)}


class Names:
    """Answers each question for a name with the next of its addresses, as somebody who rebinds names does."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, _host: str, _port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers.pop(0)


@pytest.mark.anyio
async def test_a_name_that_leads_into_this_network_is_not_called() -> None:
    with receiving() as receiver:
        port = receiver.url.rpartition(":")[2]
        for answer in (["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::ffff:127.0.0.1"], ["fe80::1%eth0"]):
            outside = Outside(private_addresses=False, resolve=Names(answer))
            with pytest.raises(AddressForbidden, match="not on the public internet"):
                await outside.post(f"http://rebound.example:{port}/", {}, b"{}")

        assert receiver.received == []


@pytest.mark.anyio
async def test_the_address_that_was_checked_is_the_one_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []

    async def note(host: str, *_arguments: object, **_options: object) -> None:
        called.append(host)
        raise ConnectionRefusedError

    names = Names(["93.184.216.34"], ["127.0.0.1"])
    outside = Outside(private_addresses=False, resolve=names)
    monkeypatch.setattr("anyio.connect_tcp", lambda remote_host, **_options: note(remote_host))
    outcome = await _attempt(outside, "http://rebound.example/")

    assert outcome == "it cannot be connected to"
    assert called == ["93.184.216.34"]
    assert names.asked == 1


@pytest.mark.anyio
async def test_the_name_stays_in_the_request_when_its_address_is_called() -> None:
    with receiving() as receiver:
        port = receiver.url.rpartition(":")[2]
        outside = Outside(private_addresses=True, resolve=Names(["127.0.0.1"]))
        await outside.post(f"http://receiver.example:{port}/hook", {}, b"{}")

        assert receiver.received[0].headers["host"] == f"receiver.example:{port}"


@pytest.mark.anyio
async def test_what_goes_wrong_is_said_in_words_that_hold_no_address() -> None:
    with receiving() as receiver:
        outside = Outside(private_addresses=True)
        receiver.answers.extend([HANG, GARBAGE])
        said = [await _attempt(outside, f"{receiver.url}/secret", timeout_s=0.5) for _ in range(2)]
    said.append(await _attempt(outside, f"{receiver.url}/secret"))
    said.append(await _attempt(Outside(private_addresses=False), f"{receiver.url}/secret"))

    assert said[0] == "it did not answer within 0.5 s"
    assert said[1] == "what it answered is not HTTP"
    assert said[2] == "it cannot be connected to"
    assert "PILOTHOUSE_NOTIFY_PRIVATE_ADDRESSES" in said[3]
    assert not any("/secret" in one for one in said)


@pytest.mark.anyio
async def test_a_receiver_that_sends_without_end_costs_a_bounded_part_of_it() -> None:
    taken = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 500 x\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"10000\r\n" + b"y" * 65_536 + b"\r\n")
                await writer.drain()
                taken += 65_536
        except OSError:
            writer.close()

    server = await asyncio.start_server(endless, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        answer = await Outside(private_addresses=True).post(f"http://127.0.0.1:{port}/", {}, b"{}")

    assert len(answer.beginning) == 4_096
    # What the two kernels buffer besides.
    assert taken < 64 << 20


@pytest.mark.anyio
async def test_a_name_without_an_address_is_said_to_have_none() -> None:
    with pytest.raises(OSError, match="has no address"):
        await look_up(f"{'a' * 70}.example", 443)


async def _attempt(outside: Outside, url: str, *, timeout_s: float = 10.0) -> str:
    sender = Sender(outside, None, timeout_s=timeout_s)
    target = Target(DestinationKind.SLACK, url, (), ())
    outcome = await sender.attempt(target, "msg_1", NOW, MESSAGE)
    assert not outcome.is_delivered
    return outcome.problem or ""


def test_tries_are_spread_over_two_days_and_then_end() -> None:
    for chance in (0.0, 0.5, 1.0):
        delays = [delay_s(tries, chance) for tries in range(1, MOST_TRIES)]
        assert delays == sorted(delays)
        assert 3 <= delays[0] <= 10
        assert 24 * 3_600 < sum(delays) < 60 * 3_600


def test_a_receiver_that_asks_for_time_gets_it_within_reason() -> None:
    assert delay_s(1, 0.5, 120) == 120
    assert delay_s(1, 0.5, 10**9) == 3_600
    assert delay_s(10, 0.5, 1) > 3_600


@given(st.text(), st.integers(0, 600))
def test_what_is_kept_of_an_answer_holds_no_secret_and_fits(text: str, most: int) -> None:
    kept = cleaned(f"{text}whsec_abc{text}", ["whsec_abc"], most)

    assert "whsec_abc" not in kept
    assert "\x00" not in kept
    assert len(kept.encode()) <= most


@given(
    st.sampled_from(sorted(KINDS)),
    st.dictionaries(
        st.sampled_from(["severity", "changes", "title", "robot_id", "health", "previous"]),
        st.one_of(st.none(), st.text(), st.lists(st.text()), st.dictionaries(st.just("state"), st.lists(st.text()))),
    ),
)
def test_whatever_an_event_says_there_is_something_to_tell(kind: str, facts: dict[str, object]) -> None:
    notice = notice_of(kind, "x\ny", facts, sequence=1, occurred_at=NOW)

    assert notice is not None
    assert Filter().wants(notice, None)
    assert len(notice.title.splitlines()) == 1
    assert notice.message()["type"] == kind


def test_who_hears_that_a_robot_fell_silent_hears_that_it_is_back() -> None:
    severe = Filter.of({"min_severity": "high"})
    changes = [("silent", "stale"), ("healthy", "silent"), ("stale", "healthy"), ("healthy", "stale")]
    told = [
        notice_of("robot.health_changed", "ada", {"health": new, "previous": old}, sequence=1, occurred_at=NOW)
        for new, old in changes
    ]

    assert [one is not None and severe.wants(one, None) for one in told] == [True, True, False, False]


@given(st.text())
def test_a_title_is_one_line(text: str) -> None:
    assert len(on_one_line(text).splitlines()) <= 1
