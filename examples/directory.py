"""Where the examples find a directory: the URL on the command line, or one in memory.

python examples/look_someone_up.py                        # the directory in the box
python examples/look_someone_up.py ldap://localhost:3890  # a server of yours
"""

from __future__ import annotations

import sys

from ldapom import Credentials, Simple
from ldapom.testing import Directory

SUFFIX = "dc=example,dc=com"


def directory() -> str | Directory:
    """The URL given as the first argument, or a fresh sample directory."""
    return sys.argv[1] if len(sys.argv) > 1 else Directory.sample()


def credentials() -> Credentials:
    """The administrator of the sample data."""
    return Simple(f"uid=admin,ou=people,{SUFFIX}", "secret")
