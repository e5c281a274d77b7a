"""`on_request`: an attribute that is read only where a query names it.

Some values cost the server work, or come only where they are named: what Active
Directory computes (``tokenGroups``, ``canonicalName``), and security descriptors.
"""

from __future__ import annotations

from typing import Literal, TypeVar, cast

from ldapom.mapper.classes.described import Declaration

T = TypeVar("T")


def on_request(
    name: str,
    *,
    syntax: str | None = None,
    equality: str | None = None,
    init: Literal[False] = False,
) -> T:  # type: ignore[type-var]  # the annotation decides; nothing else could
    """Declare an attribute that queries ask for only where they name it.

    Only the server writes it. Reading it without having asked for it raises
    `NotLoaded`; ask with ``.only("*", "tokenGroups")``.

    Args:
        name: Its LDAP name; the Python name is the one it is assigned to.
        syntax: Name or OID of its syntax (RFC 4517) where the Python type does not
            say it.
        equality: Its equality rule where it is not the usual one of the type; empty
            where it has none.
        init: For type checkers, which read it from this function's signature.
    """
    del init
    declared = Declaration(
        name, False, None, syntax, equality, read_only=True, on_request=True
    )
    return cast("T", declared)
