"""`Variants`: the values of an attribute under options, such as ``cn;lang-de``.

1. An attribute description with options is an attribute of its own (RFC 4512 2.5): it
   is read, changed and sent by itself, and ``entry.cn`` does not hold its values.
2. Asking for ``cn`` asks for its variants too (RFC 4511 4.5.1.8), so they are loaded
   when it is.
3. The state of the entry keeps the values that were given out, so that all who ask for
   a variant share one list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from attrs import evolve

from ldapom.mapper.classes.names import canonical
from ldapom.mapper.entries.values import Values, owned

if TYPE_CHECKING:
    from ldapom.mapper.classes.attribute import Many
    from ldapom.mapper.classes.described import Described
    from ldapom.mapper.entries.state import EntryState

T = TypeVar("T")

#: RFC 4512 2.5: option = 1*keychar.
_OPTIONS = re.compile(r"[A-Za-z0-9-]+(?:;[A-Za-z0-9-]+)*")


class Variants(Mapping[str, Values[T]], Generic[T]):
    """The variants of one attribute of an entry, by their options.

    For example ``user.variants(User.cn)["lang-de"].append("Grün")``. Iterating gives
    the options that there are values for; a variant without values is an empty list,
    to be filled. Assigning and ``del`` change the values in place.
    """

    __slots__ = ("_attribute", "_state")

    def __init__(self, attribute: Described[T], state: EntryState) -> None:
        self._attribute = attribute
        self._state = state

    def __getitem__(self, options: str) -> Values[T]:
        return values_of(self._attribute, options, self._state)

    def __setitem__(self, options: str, values: Iterable[T]) -> None:
        self[options][:] = values

    def __delitem__(self, options: str) -> None:
        self[options].clear()

    def __iter__(self) -> Iterator[str]:
        return iter(present(self._attribute, self._state))

    def __len__(self) -> int:
        return len(present(self._attribute, self._state))

    def __contains__(self, options: object) -> bool:
        own = present(self._attribute, self._state)
        return isinstance(options, str) and _folded(options) in own

    def __repr__(self) -> str:
        if self._attribute.is_secret:
            return f"<Variants of {self._attribute.label}: {', '.join(self)}>"
        return f"<Variants of {self._attribute.label}: {dict(self)!r}>"


def values_of(attribute: Described[T], options: str, state: EntryState) -> Values[T]:
    """The values of an attribute under options, the same list for all who ask.

    Args:
        attribute: The attribute without options.
        options: Its options, such as ``lang-de``; several with ``;`` between.
        state: The entry's state.

    Raises:
        ValueError: If these are no options that make an attribute of their own.
        LookupError: If the class declares this variant as an attribute.
        NotLoaded: If the attribute was not asked for.
        ConversionError: If a value is none of the attribute's type.
    """
    one = variant(state.own(attribute), options)
    name = one.python_name
    for given in (state.changes, state.variants):
        if given is not None and name in given:
            return cast("Values[T]", given[name])
    declared = state.by_key(one.key)
    if declared is not None:
        raise LookupError(f"{one.label} is declared, as {declared.label}: use that")
    raw = state.values(one.key)
    if not raw:
        one.absent(state)
    try:
        values = owned(one._decoded(raw), state, one)
    except ValueError as error:
        raise one.undecodable(state, raw, str(error)) from one.cause(error)
    if state.variants is None:
        state.variants = {}
    state.variants[name] = values
    return values


def variant(attribute: Described[T], options: str) -> Many[T]:
    """The attribute under options, described like the attribute itself.

    Raises:
        ValueError: If these are no options that make an attribute of their own.
    """
    folded = _folded(options)
    found = attribute.variants.get(folded)
    if found is None:
        # Nobody has that many languages; what a caller makes up is not kept.
        if len(attribute.variants) > _KEPT:
            attribute.variants.clear()
        found = attribute.variants[folded] = _described(attribute, folded)
    return cast("Many[T]", found)


_KEPT = 1000


def _folded(options: str) -> str:
    """The options in the one spelling they are kept under.

    Raises:
        ValueError: If they are none, or only say how values travel.
    """
    key = canonical(f"x;{options}").partition(";")[2]
    if _OPTIONS.fullmatch(options) is None or not key:
        raise ValueError(
            f"{options!r} are no options that make an attribute of their own; there "
            "is 'lang-de', or several with a semicolon between"
        )
    return key


def _described(attribute: Described[T], options: str) -> Described[T]:
    from ldapom.mapper.classes.attribute import Many

    declaration = evolve(
        attribute.declaration,
        name=f"{attribute.ldap_name};{options}",
        must=False,
        default=(),
    )
    annotation = evolve(
        attribute.annotation, label=f"{attribute.label};{options}", kind="Many"
    )
    kind: type[Many[T]] = type(attribute) if isinstance(attribute, Many) else Many
    one = kind(declaration, f"{attribute.python_name};{options}", annotation)
    one.source = attribute
    one.is_sessions = attribute.is_sessions
    # The same for all variants, and found once.
    one.__dict__["converter"] = attribute.converter
    return one


def present(attribute: Described[T], state: EntryState) -> dict[str, None]:
    """The options under which an attribute of an entry has values, in their order."""
    found: dict[str, None] = {}
    prefix = f"{attribute.key};"
    for key in state.collected():
        if key.startswith(prefix) and ";range=" not in key:
            found[key.removeprefix(prefix)] = None
    prefix = f"{attribute.python_name};"
    for name, values in (state.changes or {}).items():
        if name.startswith(prefix):
            found[name.removeprefix(prefix)] = None
            if not values:
                del found[name.removeprefix(prefix)]
    return found
