"""Secrets do not reach the log, however the output is cut into pieces."""

from __future__ import annotations

import base64
import io
import json
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.sandbox.log import OutputLog, Stream
from pilothouse.sandbox.log.redaction import MASK, Redactor, redact
from pilothouse.sandbox.model import Ending, TerminationReason

KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\nq83vEjRWeJq83vEjRWeJq83vEj\n-----END KEY-----\n"
SECRETS = ["correct-horse", "päss/wörd+1", KEY]


def through(pieces: list[bytes], secrets: list[str] = SECRETS) -> bytes:
    redactor = Redactor(secrets)
    return b"".join([*map(redactor.feed, pieces), redactor.flush()])


@given(secret=st.sampled_from(SECRETS), cuts=st.lists(st.integers(0, 400), max_size=12), around=st.binary(max_size=60))
def test_a_secret_is_masked_wherever_the_output_is_cut(secret: str, cuts: list[int], around: bytes) -> None:
    around = around.replace(b"-", b"")
    whole = around + secret.encode() + around + secret.encode()
    places = sorted({min(one, len(whole)) for one in cuts} | {0, len(whole)})
    pieces = [whole[start:end] for start, end in pairwise(places)]

    said = through(pieces)
    assert secret.strip().encode() not in said
    assert said.replace(b"\n", b"").count(MASK) >= 2


@given(pieces=st.lists(st.binary(max_size=100), max_size=20))
def test_what_is_no_secret_passes_unchanged(pieces: list[bytes]) -> None:
    assert through(pieces, ["\x00" * 300 + "never"]) == b"".join(pieces)


def test_byte_by_byte_is_as_good_as_at_once() -> None:
    whole = f"a{KEY}b correct-hors correct-horse c".encode()

    assert through([bytes([one]) for one in whole]) == through([whole]) == b"a***b correct-hors *** c"


def encoded(before: bytes, text: str) -> str:
    return base64.b64encode(before + text.encode()).decode()


@pytest.mark.parametrize(
    "spelling",
    [
        json.dumps,
        lambda text: quote(text, safe=""),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: encoded(b"", text),
        lambda text: encoded(b"x", text),
        lambda text: encoded(b"user:", text),
        lambda text: encoded(b"", text).translate(str.maketrans("+/", "-_")),
    ],
)
@pytest.mark.parametrize("secret", SECRETS)
def test_other_spellings_of_it_are_masked_too(secret: str, spelling: object) -> None:
    said = through([f"token={spelling(secret)};".encode()])  # type: ignore[operator]

    assert MASK in said
    assert len(said) < len("token=;") + 3 * len(MASK) + 12


def test_one_line_of_a_longer_secret_is_masked_on_its_own() -> None:
    assert through([b"> MIIEvQIBADANBgkqhkiG9w0BAQ <"]) == b"> *** <"


def test_a_value_too_short_to_be_a_secret_is_left_alone() -> None:
    assert through([b"a cat sat"], ["a", "", "cat"]) == b"a cat sat"


def test_streams_are_told_apart_and_offsets_count_what_is_kept(tmp_path: Path) -> None:
    log = OutputLog.create(tmp_path, secrets=["correct-horse"])
    log.append(Stream.STDOUT, b"correct-")
    log.append(Stream.STDERR, b"horse and correct-horse\n")
    log.append(Stream.STDOUT, b"horse\n")
    log.close(Ending(TerminationReason.EXIT, 0))

    assert b"".join(frame.content for frame in log.read(0, 99, Stream.STDOUT)) == b"***\n"
    assert b"".join(frame.content for frame in log.read(0, 99, Stream.STDERR)) == b"horse and ***\n"
    assert log.status().size_bytes == len("***\nhorse and ***\n")
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"correct-horse" not in stored


def test_a_file_is_copied_without_the_secrets() -> None:
    sink = io.BytesIO()
    padding = b"x" * ((1 << 20) - 5)

    assert redact(["correct-horse"], io.BytesIO(padding + b"correct-horse" + padding), sink)
    assert sink.getvalue() == padding + MASK + padding
    assert not redact(["correct-horse"], io.BytesIO(b"nothing here"), io.BytesIO())
