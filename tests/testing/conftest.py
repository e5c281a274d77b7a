"""The directory that each of these tests changes as it likes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.testing.asker import Asker

if TYPE_CHECKING:
    from ldapom.testing import Directory


@pytest.fixture
def anyone(box: Directory) -> Asker:
    """An anonymous connection."""
    return Asker(box)


@pytest.fixture
def admin(box: Directory) -> Asker:
    """A connection that is bound as the admin."""
    asker = Asker(box)
    asker.bind()
    return asker
