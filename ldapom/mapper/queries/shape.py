"""What a query asks for, free of any session: shared by everything that can ask it.

1. Keywords and names are checked when they are given, with suggestions.
2. What is sent for it, `ldapom.mapper.queries.request` says: a model needs no messages.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ldapom import filters
from ldapom.filters import And, Equality, Filter, Or, Present
from ldapom.mapper.classes.names import canonical
from ldapom.protocol.parts import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ldapom.mapper.classes.converters import Converters
    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.classes.info import ClassInfo
    from ldapom.mapper.entries.entry import Entry
    from ldapom.protocol.controls import SortKey
    from ldapom.protocol.messages import Control

#: Entries a page: what Active Directory allows by default.
PAGE_SIZE = 1000

#: RFC 4511 4.5.1.8 and RFC 3673: all user attributes, all operational ones, none.
ALL_USER, ALL_OPERATIONAL, NO_ATTRIBUTES = "*", "+", "1.1"


class Shape(NamedTuple):
    """What a query asks for; a tuple, which is made in a third of the time.

    Attributes:
        model: The class of the entries.
        conditions: What must hold beside the model's object classes.
        base: Where to look; None leaves it to the model and the session.
        scope: How far below.
        only: The attributes to ask for by LDAP name; None stands for the model's.
        operational: Whether to ask for all operational attributes too.
        limit: The most entries to give; None for all.
        page_size: Entries a page; 0 asks for all at once.
        order: What to sort by.
        converters: The table of the session that the conditions are said for.
        controls: What goes with each search beside the query's own.
    """

    model: type[Entry]
    conditions: Filter = filters.TRUE
    base: str | None = None
    scope: Scope = Scope.sub
    only: tuple[str, ...] | None = None
    operational: bool = False
    limit: int | None = None
    page_size: int = PAGE_SIZE
    order: tuple[SortKey, ...] = ()
    converters: Converters | None = None
    controls: tuple[Control, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no entry can match, so that no server need be asked."""
        conditions = self.conditions
        return isinstance(conditions, Or) and not conditions.filters

    def said(self, table: Converters | None) -> Shape:
        """The same with the conditions as the table of a session says them.

        Raises:
            NoSyntax: If nobody says how a value is written.
            ValueError: If it can not be written so.
        """
        from ldapom.mapper.queries.conditions import said

        conditions = said(self.conditions, table)
        return self._replace(conditions=conditions, converters=table)

    def find(self, name: str) -> AnyAttribute:
        """An attribute of the model, as the session has it.

        Raises:
            LookupError: If there is none; names the closest.
        """
        found, table = self.model.__ldapom__.find(name), self.converters
        return found if table is None else table.own(found)

    def filter(self) -> Filter:
        """The conditions and the model's object classes, as they are sent.

        The conditions come first: they say more. Among 50,000 entries OpenLDAP takes
        0.4 ms for a lookup instead of 0.7, and 389 leaves the classes unlooked at.
        """
        whole = filters.all_of(
            (self.conditions, *_classes(self.model.__ldapom__.asserted))
        )
        # Not every server reads the absolutely true filter of RFC 4526.
        is_true = isinstance(whole, And) and not whole.filters
        return Present("objectClass") if is_true else whole

    def attributes(self) -> tuple[str, ...]:
        """The attributes that the server is asked for."""
        info = self.model.__ldapom__
        if self.only is None and not self.operational:
            return info.request
        names = info.request if self.only is None else ("objectClass", *self.only)
        if self.operational:
            names = (*names, ALL_OPERATIONAL, *_operational().request)
        return tuple(dict.fromkeys(names))

    def loaded(self) -> frozenset[str]:
        """The keys of the model's attributes that the server is asked for."""
        info = self.model.__ldapom__
        if self.only is None:
            own = info.loaded
            return own | _operational().loaded if self.operational else own
        asked = {canonical("objectClass"), *map(canonical, self.only)}
        for one in info.attributes.values():
            if one.declaration.on_request:
                continue  # neither "*" nor "+" stands for it
            whole = ALL_OPERATIONAL if one.read_only else ALL_USER
            if whole in asked or (one.read_only and self.operational):
                asked.add(one.key)
        if self.operational:
            asked |= _operational().loaded
        return frozenset(asked)


@lru_cache(maxsize=1024)
def _classes(names: tuple[str, ...]) -> tuple[Filter, ...]:
    """The conditions for object classes: each query of a model has the same."""
    return tuple(Equality("objectClass", name.encode()) for name in names)


def _operational() -> ClassInfo:
    """What `Operational` has, by name: not every server knows ``+`` (RFC 3673)."""
    from ldapom.mapper.classes.operational import Operational

    return Operational.__ldapom__


def joined(
    model: type[Entry], given: Sequence[Filter], equals: Mapping[str, object]
) -> Filter:
    """Join conditions and keywords.

    Raises:
        TypeError: If a keyword is no attribute, or something else no condition.
    """
    info = model.__ldapom__
    parts = [_checked(info, part) for part in given] if given else []
    for name, value in equals.items():
        try:
            attribute = info.find(name)
        except LookupError as error:
            raise TypeError(f"query(): {error.args[0]}") from None
        parts.append(attribute.expression == value)
    return filters.all_of(parts)


def _checked(info: ClassInfo, part: object) -> Filter:
    if isinstance(part, Filter):
        return part
    if isinstance(part, str):
        raise TypeError(
            f"a condition on {info.name} is no text: write {info.name}.attribute == "
            f"value, or Filter.parse({part!r}) for a filter in RFC 4515 form"
        )
    raise TypeError(
        f"a condition on {info.name} is a filter such as {info.name}.attribute == "
        f"value, not {type(part).__name__}"
    )


def asked_names(model: type[Entry], names: Iterable[str]) -> tuple[str, ...]:
    """Turn Python or LDAP names into what the server is asked for.

    Raises:
        LookupError: If the model has no such attribute; names the closest.
    """
    return tuple(_asked(model.__ldapom__, name) for name in names)


def _asked(info: ClassInfo, name: str) -> str:
    if name in {ALL_USER, ALL_OPERATIONAL}:
        return name
    base, semicolon, options = name.partition(";")
    return info.find(base).ldap_name + semicolon + options


def sort_keys(model: type[Entry], names: Iterable[str]) -> tuple[SortKey, ...]:
    """Turn names into sort keys; ``-`` before a name turns its order round.

    Raises:
        LookupError: If the model has no such attribute; names the closest.
    """
    from ldapom.protocol.controls import SortKey

    return tuple(
        SortKey(
            model.__ldapom__.find(name.removeprefix("-")).ldap_name,
            reverse=name.startswith("-"),
        )
        for name in names
    )


def shown(node: Filter) -> str:
    """A filter's text for errors, without the values of secret attributes."""
    from ldapom._filter_text import to_shown_text

    return to_shown_text(node)
