"""A directory in the box: an LDAP server in the process, for tests and for trying out.

``Connection(Directory.sample())`` speaks to it without a socket,
``Directory.sample().serve()`` puts it behind one, and the pytest fixture
``ldap_directory`` gives each test its own.
"""

from __future__ import annotations

from ldapom.testing.accounts import PasswordRules
from ldapom.testing.directory import Directory, Snapshot
from ldapom.testing.server import Server

__all__ = ["Directory", "PasswordRules", "Server", "Snapshot"]
