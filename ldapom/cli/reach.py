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
from ldapom.cli.source import Place, is_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.cli.access import Access


def reach(given: str | None, access: Access, command: str) -> tuple[Place, Access]:
    """Find out which server or file is meant.

    Args:
        given: The URL or file of the command line; None is that of the settings.
        access: The options of the command line; they win.
        command: What to call the command in a hint.

    Raises:
        Problem: Neither the command line nor the settings name any.
    """
    found = settings.read(Path.cwd())
    if given is not None and (is_file(given) or given != found.url):
        return Place(given), access
    if found.place is None:
        raise Problem(
            "there is no URL and no file to look at; name one, as in ldapom "
            f"{command} ldap://localhost, or as url in [tool.ldapom] of pyproject.toml"
        )
    who = access.bind_dn or (None if access.external else found.bind_dn)
    return found.place, evolve(
        access,
        bind_dn=who,
        ca_file=access.ca_file or found.ca_file,
        start_tls=access.start_tls or found.start_tls,
        schema_cache=access.schema_cache or found.cache,
    )


def more(given: Sequence[str] | None, where: Place) -> tuple[Place, ...]:
    """Find the files with more definitions.

    Args:
        given: Those of the command line; they win.
        where: The server or file that `reach` found; the settings hold for theirs.
    """
    if given:
        return tuple(map(Place, given))
    found = settings.read(Path.cwd())
    return found.more if where == found.place else ()
