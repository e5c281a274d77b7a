"""The fixture that users' tests ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

pytest_plugins = ["pytester"]

USE = """
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Simple

ADMIN = Simple("uid=admin,ou=people,dc=example,dc=com", "secret")

def test_first(ldap_directory):
    with Connection(ldap_directory, ADMIN) as connection:
        connection.delete("uid=ada,ou=people,dc=example,dc=com")
    assert len(ldap_directory) == 22

def test_second(ldap_directory):
    assert len(ldap_directory) == 23
"""


def test_fixture(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test gets a directory of its own, in a run that knows only the plugin."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(USE)
    result = pytester.runpytest_subprocess(
        "-p", "ldapom.testing.plugin", "-p", "no:cacheprovider"
    )
    result.assert_outcomes(passed=2)
