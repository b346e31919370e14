"""Fixtures for the whole suite: a PostGIS, and a fresh database on it for each test."""

from __future__ import annotations

import gc
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, Phase, settings

from tests.postgis.cluster import NoPostGISHereError, Server, server

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

# The same examples in every run and on every machine, however slow. What fails is shown as it was
# drawn: to make an example small takes minutes, which a check of a commit has not. That, and to
# look for new ones: pytest --hypothesis-profile=search
settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    max_examples=60,
    phases=[Phase.explicit, Phase.generate, Phase.target],
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("steady")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as `postgis` whatever asks for the server, so that -m 'not postgis' leaves it out.

    And as `untraced` whatever draws examples: what is drawn covers no line for sure.
    """
    for item in items:
        if "postgis_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgis)
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.untraced)


TRACED: Final = 2
"""Of a test with many parameters, as many are traced: the lines are the same."""


def pytest_collection_finish(session: pytest.Session) -> None:
    """Mark what need not be traced; leave what is loaded out of every search for garbage."""
    traced: Counter[str] = Counter()
    for item in session.items:
        if isinstance(item, pytest.Function) and not item.get_closest_marker("untraced"):
            test = item.nodeid.partition("[")[0]
            traced[test] += 1
            if traced[test] > TRACED:
                item.add_marker(pytest.mark.untraced)
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Pause coverage, which doubles the time of a test, for one that is marked `untraced`."""
    paused = []
    if item.get_closest_marker("untraced"):
        while measured := Coverage.current():  # a worker of pytest-xdist has two
            measured.stop()
            paused.append(measured)
    try:
        return (yield)
    finally:
        for measured in reversed(paused):
            measured.start()


@pytest.fixture(scope="session")
def postgis_server() -> Iterator[Server]:
    """Give the PostGIS server of this session; without one the tests fail and say the mend."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(server())
            running.template()
        except NoPostGISHereError as error:
            missing = str(error)
        else:
            yield running
            return
    pytest.fail(missing, pytrace=False)


@pytest.fixture
def postgis_url(postgis_server: Server) -> Iterator[str]:
    """Give the URL of a fresh database with PostGIS, dropped after the test."""
    url = postgis_server.database()
    yield url
    postgis_server.drop(url)


@pytest.fixture
def plain_url(postgis_server: Server) -> Iterator[str]:
    """Give the URL of a fresh database without PostGIS, dropped after the test."""
    url = postgis_server.database(postgis=False)
    yield url
    postgis_server.drop(url)


@pytest.fixture(scope="session")
def shared_postgis_url(postgis_server: Server) -> str:
    """Give one database with PostGIS for a whole session, for tests that only compute in it."""
    return postgis_server.database()
