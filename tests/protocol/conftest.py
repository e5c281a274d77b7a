"""Connections of both kinds, closed after the test."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from tests.protocol.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.protocol.kinds import Blocking, Kind, Looping


@pytest.fixture(params=KINDS, ids=["blocking", "asyncio"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each kind of connection."""
    chosen: Kind = request.param
    return chosen


@pytest.fixture
def talk(kind: Kind) -> Iterator[Callable[..., Blocking | Looping]]:
    """Make connections that are closed after the test."""
    made: list[Blocking | Looping] = []

    def make(*args: object, **options: object) -> Blocking | Looping:
        made.append(kind(*args, **{"timeout": 5, **options}))
        return made[-1]

    yield make
    for one in made:
        one.close()
    gc.collect()  # a socket that nobody closed would warn now
