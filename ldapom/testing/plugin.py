"""The pytest plugin: the fixture ``ldap_directory`` gives each test a directory.

It is found by itself once ldapom is installed::

    def test_login(ldap_directory):
        with Connection(ldap_directory) as connection:
            ...
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ldapom.testing.directory import Directory


@cache
def _original() -> Directory:
    """The sample, read once for all tests; each test gets a copy."""
    from ldapom.testing.directory import Directory  # only when asked

    return Directory.sample()


@pytest.fixture
def ldap_directory() -> Directory:
    """A sample directory of the test's own; what the test changes, no other sees."""
    return _original().copy()
