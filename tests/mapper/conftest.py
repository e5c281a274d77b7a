"""Open sessions with the directory in the box."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldapom import Session
from tests.mapper.changes import CREDENTIALS
from tests.mapper.tables import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.testing import Directory


@pytest.fixture
def session(box: Directory) -> Iterator[Session]:
    """An open session; what is left pending by a test is taken back."""
    with Session(box, CREDENTIALS) as session:
        yield session
        session.discard()


@pytest.fixture
def tabled(box: Directory) -> Iterator[Session]:
    """An open session with the table of `tables`; what is pending is taken back."""
    with Session(box, CREDENTIALS, converters=TABLE) as session:
        yield session
        session.discard()
