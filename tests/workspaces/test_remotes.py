"""Addresses that repositories may and may not be fetched from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.kit.errors import Problem
from pilothouse.workspaces.problems import CredentialsInUrl, NotARemote, NotARevision, ProtocolNotAllowed
from pilothouse.workspaces.remotes import remote_of
from pilothouse.workspaces.revisions import refs_named

USUAL = ("https", "ssh")


@pytest.mark.parametrize(
    ("url", "protocol", "host"),
    [
        ("https://github.com/example/demo.git", "https", "github.com"),
        ("https://[::1]:8443/demo.git", "https", "::1"),
        ("ssh://git@example.org:2222/demo.git", "ssh", "example.org"),
        ("git@example.org:team/demo.git", "ssh", "example.org"),
    ],
)
def test_usual_addresses_are_taken(url: str, protocol: str, host: str) -> None:
    remote = remote_of(url, USUAL)

    assert (remote.protocol, remote.host, remote.url) == (protocol, host, url)


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c id",
        "ext::sh%20-c%20id",
        "fd::17",
        "https::https://example.org/x",
        "--upload-pack=/bin/sh",
        "-oProxyCommand=id",
        "/srv/demo.git",
        "file:///srv/demo.git",
        "http://example.org/demo.git",
        "git://example.org/demo.git",
        "ftp://example.org/demo.git",
        "HTTP://example.org/demo.git",
    ],
)
def test_other_protocols_and_options_are_refused(url: str) -> None:
    with pytest.raises((ProtocolNotAllowed, NotARemote)):
        remote_of(url, USUAL)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:secret@example.org/demo.git",
        "https://ghp_0123456789@example.org/demo.git",
        "https://example.org/demo.git?access_token=secret",
        "https://example.org/demo.git#secret",
        "ssh://git:secret@example.org/demo.git",
        "user:secret@example.org:demo.git",
    ],
)
def test_credentials_in_an_address_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(CredentialsInUrl) as refused:
        remote_of(url, USUAL)

    assert "secret" not in refused.value.sentence
    assert "ghp" not in refused.value.sentence


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "https:///demo.git",
        "https://example.org",
        "https://example.org:99999/x",
        "https://-oProxyCommand=id/x",
        "ssh://-oProxyCommand=id/x",
        "-host:path",
        "host:-path",
        "https://exa mple.org/x",
        "https://example.org/x\n",
        "https://example.org/\0",
        "https://" + "x" * 3000,
        "relative/path",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises((NotARemote, ProtocolNotAllowed)):
        remote_of(url, USUAL)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_a_problem(url: str) -> None:
    try:
        remote = remote_of(url, USUAL)
    except Problem:
        return
    assert remote.protocol in USUAL
    assert not url.startswith("-")


@given(st.text(max_size=60))
def test_any_text_is_a_name_that_git_takes_for_no_option_or_a_problem(name: str) -> None:
    try:
        refs = refs_named(name)
    except NotARevision:
        return
    assert all(ref.startswith(("refs/heads/", "refs/tags/")) for ref in refs)
    assert not any(letter in ref for ref in refs for letter in " ~^:?*[\\\0")
