"""`Asked`: a query on its way, without the way: requests, and what comes of answers.

1. A limited query is one search with a size limit, an unlimited one is paged.
2. The server sorts where it says it can and then does; else it is done here.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias, TypeVar
from uuid import UUID

from ldapom.errors import (
    AttributeProblem,
    ConversionError,
    LocalProtocolError,
    MissingValue,
    ProtocolResultError,
    ServiceProblem,
)
from ldapom.mapper.classes.names import canonical
from ldapom.mapper.entries.making import make, under
from ldapom.mapper.queries import named
from ldapom.mapper.queries.request import search_request
from ldapom.mapper.queries.shape import NO_ATTRIBUTES
from ldapom.protocol.codec.wanted import Wanted
from ldapom.protocol.controls import ServerSideSort
from ldapom.schema.values import Sid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ldapom.mapper.commits.unit import Unit
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.queries.shape import Shape
    from ldapom.protocol.asks import Few
    from ldapom.protocol.controls import SortKey
    from ldapom.protocol.messages import Control, SearchResultEntry
    from ldapom.protocol.settings import Settings
    from ldapom.schema import RootDSE

R = TypeVar("R")

#: Types that have an order of their own.
_ORDERED = (int, datetime, timedelta, bytes, UUID, Sid)

#: How servers say that they will not sort by this (RFC 2891 1.2).
WILL_NOT_SORT = (AttributeProblem, ProtocolResultError, ServiceProblem)


#: Several searches, each depending on what the ones before have found: a generator
#: that yields shapes, and is sent the entries or thrown the error.
Questions: TypeAlias = Generator["Shape", "list[Entry]", R]

#: What an entry is sorted by, key by key, and the entry.
Placed: TypeAlias = "tuple[list[tuple[bool, object]], Entry]"


class Asked:
    """One search of a query.

    Args:
        shape: What to ask for.
        base: Where to look; see `said_base`.
        unit: What is to save changes of the entries; without one they only read.
        versions: Attributes to ask for beside those of the shape.
        controls: Further request controls.

    Attributes:
        request: The search.
        page_size: Entries a page; 0 asks for all at once.
        controls: Further request controls.
        enough: Whether as many entries have come as were asked for.
    """

    def __init__(
        self,
        shape: Shape,
        base: str,
        unit: Unit | None = None,
        *,
        versions: tuple[str, ...] = (),
        controls: tuple[Control, ...] = (),
    ) -> None:
        asked = shape.attributes() + versions
        self.request = search_request(shape, base, attributes=asked)
        self.page_size = shape.page_size if shape.limit is None else 0
        self.controls = (*controls, *shape.controls)
        self.enough = False
        self._unit = unit
        self._model, self._loaded = shape.model, shape.loaded()
        self._limit = shape.limit
        self._given = 0
        self._since = None if unit is None else unit.identities.newer.begin(self)
        self._converters = shape.converters
        self._wanted = Wanted(canonical, self._loaded)

    def take(self, batch: list[SearchResultEntry]) -> Iterable[Entry]:
        """The entries of one batch."""
        self._given += len(batch)
        self.enough = self._given == self._limit
        model, loaded, wanted = self._model, self._loaded, self._wanted
        if self._unit is not None:
            unit, since = self._unit, self._since
            return unit.identities.take(unit, model, batch, loaded, wanted, since)
        made = (
            make(model, m.object_name, m.attributes, loaded, wanted=wanted)
            for m in batch
        )
        return made if self._converters is None else under(made, self._converters)


def for_few(
    shape: Shape, base: str, limit: int | None, versions: tuple[str, ...], unit: Unit
) -> Few:
    """The operation that asks for some few; it is not sent in pages."""
    names = shape.attributes()
    if versions:
        names += versions
    known = unit.identities.known(shape.model)
    return named.lookup(shape, base, limit, attributes=names, known=known)


def for_any(shape: Shape, base: str, unit: Unit) -> Few:
    """The operation that asks whether anything matches."""
    # By their classes entries are told apart that are asked for by name.
    names = ("objectClass",) if named.is_name(shape) else (NO_ATTRIBUTES,)
    return named.lookup(
        shape, base, 1, attributes=names, known=unit.identities.known(shape.model)
    )


def few_taken(unit: Unit, shape: Shape, found: list[SearchResultEntry]) -> list[Entry]:
    """The entries of what such a search has found."""
    # What one search reads of its entries is worth finding out where there are several.
    loaded = shape.loaded()
    wanted = Wanted(canonical, loaded) if len(found) > 1 else None
    return unit.identities.take(unit, shape.model, found, loaded, wanted)


def counting(shape: Shape, base: str) -> Asked:
    """A search whose entries are only counted; no attribute is sent for it."""
    asked = Asked(shape, base)
    asked.request = search_request(shape, base, attributes=(NO_ATTRIBUTES,))
    return asked


# --- where ---------------------------------------------------------------------------


def said_base(settings: Settings, shape: Shape) -> str | None:
    """Where a query looks, as far as it is said: by it, by the model, by the URL."""
    if shape.base is not None:
        return shape.base
    own = shape.model.__ldapom__.base
    return own if own is not None else settings.base


def naming_context(root: RootDSE, shape: Shape) -> str:
    """Where a query looks that does not say it: where the server has its entries.

    Raises:
        LocalProtocolError: If that leaves it open.
    """
    if root.default_naming_context is not None:
        return root.default_naming_context
    if len(root.naming_contexts) == 1:
        return root.naming_contexts[0]
    several = ", ".join(map(repr, root.naming_contexts)) or "none"
    raise LocalProtocolError(
        f"where to look for {shape.model.__name__} is not said, and the server's "
        f"naming contexts leave it open ({several}): use .base(dn), a base= of the "
        "class, or a DN in the session's URL"
    )


# --- in which order ------------------------------------------------------------------


def sorting(root: RootDSE, shape: Shape) -> tuple[Control, ...]:
    """The control that has the server sort; nothing where it does not offer to."""
    if not root.supports(ServerSideSort.OID):
        return ()
    # Critical: a server that can not sort says so before the first entry.
    return (ServerSideSort(shape.order, criticality=True).control(),)


def unsorted(shape: Shape) -> Shape:
    """What to ask for to sort it here: everything, and what it is sorted by."""
    only = shape.only
    if only is not None:
        only = (*only, *(key.attribute for key in shape.order))
    return shape._replace(limit=None, only=only, order=())


def placed(shape: Shape, entry: Entry) -> Placed:
    """An entry and what a shape sorts it by: done as it comes, for it takes a while."""
    return [_place(shape, key, entry) for key in shape.order], entry


def in_order(shape: Shape, found: list[Placed]) -> list[Entry]:
    """Sort entries as a shape says, and cut them off at its limit."""
    for number, key in reversed(list(enumerate(shape.order))):
        # Sorting is stable, so the first key comes last and wins.
        found.sort(key=lambda each: each[0][number], reverse=key.reverse)
    return [entry for _, entry in found[: shape.limit]]


def _place(shape: Shape, key: SortKey, entry: Entry) -> tuple[bool, object]:
    """The place of an entry: by its least value; without one it counts as largest."""
    name = shape.model.__ldapom__.find(key.attribute).python_name
    try:
        value = getattr(entry, name)
    except (ConversionError, MissingValue):
        value = None
    values = value if isinstance(value, list) else [value]
    places = [_ordered(each) for each in values if each is not None]
    return (False, min(places)) if places else (True, 0)  # type: ignore[type-var]  # all of one type, which _ordered makes sure of


def _ordered(value: object) -> object:
    """What a value sorts by: itself, or its text without regard to case."""
    return value if isinstance(value, _ORDERED) else str(value).casefold()
