"""Entries by their names, many at a time: a constant number of searches a page.

1. One search names a page of entries by ``entryDN`` (RFC 5020), which servers that
   have it look up directly.
2. A server without it (Active Directory) finds nothing by it, or refuses; then the
   entries are found by their RDNs, and those of the same RDN elsewhere fall away.
3. A name that leads to no entry of the model is left out: there is none, it may not
   be read, or it is of another class.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from ldapom import filters
from ldapom.dn import DN
from ldapom.errors import (
    AttributeProblem,
    NameProblem,
    ProtocolResultError,
    Referral,
    ServiceProblem,
)
from ldapom.filters import Equality
from ldapom.mapper.queries.shape import Shape
from ldapom.protocol.messages import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ldapom.filters import Filter
    from ldapom.mapper.classes.relations import LinkedValues
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.queries.asked import Questions

E = TypeVar("E", bound="Entry")

#: Names in one search: fewer than the entries that servers give without pages.
PAGE = 500
#: Octets of names in one search: OpenLDAP reads requests of up to 256 KiB.
PAGE_OCTETS = 100_000

#: How servers say that they have no ``entryDN`` to look by.
_WILL_NOT_LOOK = (AttributeProblem, ProtocolResultError, ServiceProblem)

#: How they say that nothing is there, or that it is not here.
_NOWHERE = (NameProblem, Referral)

_Key = tuple[object, ...]


def of_linked(names: LinkedValues[E]) -> Questions[list[E]]:
    """Ask for the entries that a `References` names; see `by_name`.

    Raises:
        TypeError: These are no values of a `References`.
    """
    model: type[E] | None = getattr(names, "model", None)
    if model is None:
        raise TypeError(
            "the values of a References attribute are wanted, such as group.member, "
            f"not {type(names).__name__}"
        )
    return by_name(model, names)


def by_name(model: type[E], names: Sequence[DN]) -> Questions[list[E]]:
    """Ask for the entries that have these names.

    Args:
        model: The class of the entries; those of another one are left out.
        names: Their names; one that comes twice is asked for once.

    Returns:
        The entries that were found, in the order of their names.
    """
    lookup = _Lookup(model)
    wanted = {_key(name): name for name in names}
    for page in _pages(list(wanted.values())):
        yield from lookup.page(page)
    found = lookup.found
    ordered = [found.pop(key) for key in wanted if key in found]
    # The server may know that two spellings are one name where we do not.
    return [*ordered, *(found.values() if lookup.by_entry_dn else ())]


class _Lookup(Generic[E]):
    """Asks for pages of names, and remembers how the server likes to be asked.

    Attributes:
        found: What was found, by the key of its name.
        by_entry_dn: Whether the server looks by ``entryDN``; None while unknown.
    """

    def __init__(self, model: type[E]) -> None:
        self._model = model
        self.found: dict[_Key, E] = {}
        self.by_entry_dn: bool | None = None

    def page(self, names: Sequence[DN]) -> Questions[None]:
        """Find the entries of one page of names."""
        plain = [name for name in names if _is_plain(name)]
        for name in names:
            if len(plain) == 1 or not _is_plain(name):
                yield from self._search(str(name), Scope.base, filters.TRUE)
        if len(plain) > 1 and not (yield from self._together(plain)):
            yield from self._by_parent(plain)

    def _together(self, names: Sequence[DN]) -> Questions[bool]:
        """Ask below what all names have in common; False where that is nothing."""
        base = _common(names)
        if base is None:
            return False
        if self.by_entry_dn is not False and (
            yield from self._by_entry_dn(base, names)
        ):
            return True
        search = self._search(base, Scope.sub, _by_rdn(names), only=names)
        entries = yield from search
        if entries:
            self.by_entry_dn = False
        return entries is not None

    def _by_entry_dn(self, base: str, names: Sequence[DN]) -> Questions[bool]:
        """Ask by ``entryDN``; False where the server may not know what that is."""
        condition = filters.any_of(Equality("entryDN", _octets(str(n))) for n in names)
        try:
            found = yield from self._search(base, Scope.sub, condition)
        except _WILL_NOT_LOOK:
            self.by_entry_dn = False
            return False
        if found:
            self.by_entry_dn = True
        return self.by_entry_dn is True

    def _by_parent(self, names: Sequence[DN]) -> Questions[None]:
        """Ask below each parent: the names are of different trees."""
        families: dict[str, list[DN]] = defaultdict(list)
        for name in names:
            families[str(name.parent)].append(name)
        for parent, children in families.items():
            condition = _by_rdn(children)
            yield from self._search(parent, Scope.one, condition, only=children)

    def _search(
        self,
        base: str,
        scope: Scope,
        condition: Filter,
        *,
        only: Sequence[DN] | None = None,
    ) -> Questions[int | None]:
        """Keep what a search finds; how many, or None where there is no base."""
        try:
            found = yield Shape(
                self._model, condition, base=base, scope=scope, page_size=0
            )
        except _NOWHERE:
            return None
        # What a shape of a class gives is of that class.
        entries = cast("list[E]", found)
        kept = {_key(entry.dn): entry for entry in entries}
        if only is not None:
            wanted = set(map(_key, only))
            kept = {key: entry for key, entry in kept.items() if key in wanted}
        self.found |= kept
        return len(kept)


def _pages(names: Sequence[DN]) -> Iterator[list[DN]]:
    page: list[DN] = []
    octets = 0
    for name in names:
        size = len(_octets(str(name)))
        if page and (len(page) == PAGE or octets + size > PAGE_OCTETS):
            yield page
            page, octets = [], 0
        page.append(name)
        octets += size
    if page:
        yield page


def _is_plain(name: DN) -> bool:
    """Whether parts of it can stand in a filter."""
    return bool(name.rdns) and all(ava.ber is None for ava in name.rdns[0])


def _key(name: DN) -> _Key:
    """What two spellings of a name have in common: more than equality dares say."""
    if name.is_opaque:
        return (str(name),)
    return tuple(
        tuple(sorted((type_, text.casefold(), ber) for type_, text, ber in parts))
        for parts in ([ava.key for ava in rdn] for rdn in name.rdns)
    )


def _common(names: Sequence[DN]) -> str | None:
    """The lowest entry that is above all names, or one of them."""
    shortest = min(len(name.rdns) for name in names)
    first = names[0].rdns
    length = 0
    while length < shortest:
        rdn = first[-1 - length]
        if any(name.rdns[-1 - length] != rdn for name in names):
            break
        length += 1
    return str(DN(first[-length:])) if length else None


def _by_rdn(names: Sequence[DN]) -> Filter:
    return filters.any_of(
        filters.all_of(Equality(ava.type, _octets(ava.value)) for ava in name.rdns[0])
        for name in names
    )


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
