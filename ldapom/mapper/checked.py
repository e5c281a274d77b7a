"""What callers hand over by mistake, told in words that say what to write instead.

Types forbid all of it; not every program is checked, and what Python itself would say
tells of the inside of this package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ldapom._given import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ldapom.mapper.entries.entry import Entry

E = TypeVar("E", bound="Entry")
T = TypeVar("T")


def entry(given: E) -> E:
    """Refuse what is no entry; a name is what people try first.

    Raises:
        TypeError: Says how to come from a name to a change.
    """
    if not hasattr(given, "_state") or isinstance(given, type):
        raise TypeError(
            f"an entry is wanted, not {kind_of(given)}: read it with "
            "session.get(Class, dn), or change it by name with session.connection"
        )
    return given


def model(given: T) -> T:
    """Refuse what is no class of entries.

    Raises:
        TypeError: Says that a class is wanted.
    """
    if not isinstance(given, type) or not hasattr(given, "__ldapom__"):
        found = repr(given) if isinstance(given, str) else kind_of(given)
        raise TypeError(f"a class of entries is wanted, such as User, not {found}")
    return given


def query(given: T) -> T:
    """Refuse what is no query.

    Raises:
        TypeError: Says what one looks like.
    """
    if not hasattr(given, "shape"):
        raise TypeError(
            f"a query is wanted, such as session.query(User), not {kind_of(given)}"
        )
    return given


def names(given: Iterable[str], call: str) -> None:
    """Refuse what is no name of an attribute.

    Args:
        given: What the call was given.
        call: How it is called, for the text.

    Raises:
        TypeError: Says how names are written.
    """
    for each in given:
        if not isinstance(each, str):
            found = "a list" if isinstance(each, list | tuple | set) else repr(each)
            raise TypeError(
                f'{call}() takes the names of attributes, such as "cn", not {found}'
            )
