"""What every test may use."""

import gc
import signal
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says nothing where the machine does much else.
settings.register_profile("busy", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

# A shell that starts the tests in the background has SIGINT ignored; the programs under test would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is started for a whole module or directory is started once: one process has all its tests."""
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker("xdist_group") is None:
            scopes = {fixtures[-1].scope for fixtures in item._fixtureinfo.name2fixturedefs.values()}
            if scopes & {"module", "package"}:
                place = item.path.parent if "package" in scopes else item.path
                item.add_marker(pytest.mark.xdist_group(place.relative_to(item.config.rootpath).as_posix()))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """The tests and what they import stay until the end: the collector need not look through them again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()
