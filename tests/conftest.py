"""What every test may use."""

import signal

import pytest

# A shell that starts the tests in the background has SIGINT ignored; the programs under test would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
