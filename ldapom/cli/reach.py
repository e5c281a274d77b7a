"""Which server a command means, and how to reach it: options, then settings.

The settings of ``[tool.ldapom]`` hold for the server they name: nobody else is sent
the name that stands there.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from ldapom.cli import settings
from ldapom.cli.problems import Problem

if TYPE_CHECKING:
    from ldapom.cli.access import Access


def reach(given: str | None, access: Access, command: str) -> tuple[str, Access]:
    """Find out which server is meant.

    Args:
        given: The URL or file of the command line; None is that of the settings.
        access: The options of the command line; they win.
        command: What to call the command in a hint.

    Raises:
        Problem: Neither the command line nor the settings name any.
    """
    found = settings.read(Path.cwd())
    if given is not None and given != found.url:
        return given, access
    if not found.url:
        raise Problem(
            f"there is no URL to look at; name one, as in ldapom {command} "
            "ldap://localhost, or as url in [tool.ldapom] of pyproject.toml"
        )
    who = access.bind_dn or (None if access.external else found.bind_dn)
    return found.url, evolve(
        access,
        bind_dn=who,
        ca_file=access.ca_file or found.ca_file,
        start_tls=access.start_tls or found.start_tls,
        schema_cache=access.schema_cache or found.cache,
    )
