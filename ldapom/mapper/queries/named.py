"""A lookup by name: asked without object classes, which are looked for in what comes.

1. What says how an entry is named, as in ``User.query(uid="admin").first()``, finds one
   entry or some few. Beside it the object classes cost a server more than they are
   worth: among 50,000 entries OpenLDAP answers in 0.14 ms without any, in 0.3 ms with
   one, in 0.55 ms with two, for it reads the numbers of all entries of each.
2. So they are left out, and looked for in the entries: ``objectClass`` is always asked
   for. What finds more can miss nothing: if all that came are of the classes, these are
   all there are.
3. Where one is not seen to be of them, the server gets the whole question in the same
   operation, and its answer counts: not every server lists the superiors of a class, or
   shows the attribute to everybody.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ldapom.errors import DecodeError
from ldapom.filters import And, Equality
from ldapom.mapper.classes.info import SUBENTRY
from ldapom.mapper.queries.request import search_request
from ldapom.protocol.asks import Few, Shortened
from ldapom.protocol.codec.attributes import LazyAttributes, collect
from ldapom.protocol.messages import SearchRequest
from ldapom.protocol.parts import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.mapper.commits.known import Known
    from ldapom.mapper.queries.shape import Shape
    from ldapom.protocol.messages import SearchResultEntry
    from ldapom.protocol.parts import PartialAttribute

_KEY = "objectclass"


#: So many whole questions in a row show that the shorter one is asked in vain.
_IN_VAIN = 3
#: Octets of an attribute that are worth keeping.
_MOST = 2048


class Classes:
    """Whether entries are seen to be of the classes of a model.

    Args:
        names: The classes, as a query asserts them.
    """

    __slots__ = ("_in_vain", "_names", "_seen")

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = frozenset(name.lower() for name in names)
        #: What an entry of them began with: many have the same classes, and first.
        self._seen = b""
        # What a server hides from who does not ask for its class is not found without.
        self._in_vain = _IN_VAIN if SUBENTRY in self._names else 0

    @property
    def are_listed(self) -> bool:
        """Whether the server lists them with its entries, as far as is known."""
        return self._in_vain < _IN_VAIN

    def missed(self) -> None:
        """Take note that the whole question had to be asked."""
        self._in_vain += 1

    def are_of(self, entries: Sequence[SearchResultEntry]) -> bool:
        """Whether all of these are seen to be of the classes."""
        for entry in entries:
            came, seen = entry.attributes, self._seen
            if isinstance(came, LazyAttributes):
                if seen and came.raw.startswith(seen):
                    continue
                first = came.first(_KEY)
                seen = first if len(first) <= _MOST else b""
            # Others that begin so have no more for certain than what this says alone.
            says_all = _say_all(seen, self._names)
            if not says_all and not _have_all(came, self._names):
                return False
            self._in_vain, self._seen = 0, seen if says_all else b""
        return True


@lru_cache(maxsize=256)
def _say_all(octets: bytes, names: frozenset[str]) -> bool:
    """The same of octets; a program opens many sessions, for entries of few classes."""
    return bool(octets) and _have_all(LazyAttributes(octets), names)


def _have_all(attributes: Sequence[PartialAttribute], names: frozenset[str]) -> bool:
    """Whether attributes list all of these classes."""
    try:
        values = collect(attributes).get(_KEY, ())
    except DecodeError:
        return False  # it raises where it is read
    return names <= {value.decode("utf-8", "replace").lower() for value in values}


def lookup(
    shape: Shape,
    base: str,
    limit: int | None,
    *,
    attributes: tuple[str, ...],
    known: Known,
) -> Few | Shortened:
    """The operation that asks for some few entries of a shape.

    Args:
        shape: What to ask for.
        base: Where to look, once model and session have been asked.
        limit: How many at most, instead of the shape's own.
        attributes: Which to ask for.
        known: What the session knows of the model's entries.
    """

    def asked() -> SearchRequest:
        return search_request(shape, base, attributes=attributes, limit=limit)

    asserted = shape.model.__ldapom__.asserted
    if shape.scope is Scope.base or not asserted or not is_name(shape):
        return Few(asked(), controls=shape.controls)
    classes = known.classes
    if classes is None:
        classes = known.classes = Classes(asserted)
    if not classes.are_listed or shape.controls:
        # A control may make another question of it: it goes with the whole one.
        return Few(asked(), controls=shape.controls)
    short = SearchRequest(
        base,
        shape.scope,
        shape.conditions,
        attributes,
        size_limit=limit or shape.limit or 0,
    )

    def whole() -> SearchRequest:
        classes.missed()
        return asked()

    return Shortened(short, classes.are_of, whole)


def is_name(shape: Shape) -> bool:
    """Whether the conditions say how the entry is named."""
    naming, conditions = shape.model.__ldapom__.naming, shape.conditions
    if isinstance(conditions, Equality):
        return naming == {conditions.attribute}
    if not naming or not isinstance(conditions, And):
        return False
    parts = conditions.filters
    return naming <= {part.attribute for part in parts if isinstance(part, Equality)}
