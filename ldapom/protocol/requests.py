"""From what people write to the request messages; sync and asyncio share it.

Values may be secret, so errors come without the frames of these functions (`unseen`);
who calls them with values drops its own name for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from ldapom.changes import (
    Add,
    Change,
    Delete,
    Increment,
    Replace,
    Value,
    as_value,
    as_values,
)
from ldapom.dn import DN, as_text
from ldapom.filters import Filter
from ldapom.protocol import messages as m
from ldapom.protocol import parts
from ldapom.protocol.extended import PASSWORD_MODIFY
from ldapom.secrets import is_secret, unseen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: A DN wherever one is asked for; text goes to the server as it is.
Name: TypeAlias = str | DN
ScopeName: TypeAlias = Literal["base", "one", "sub"]


def search(
    base: Name,
    filter: str | Filter,
    scope: ScopeName | m.Scope,
    attributes: Iterable[str],
    size_limit: int,
) -> m.SearchRequest:
    """A search request; text filters are parsed here.

    Raises:
        FilterSyntaxError: The text is no filter.
        TypeError: One string was given for several attributes.
    """
    return m.SearchRequest(
        as_text(base),
        as_scope(scope),
        Filter.parse(filter) if isinstance(filter, str) else filter,
        attributes=_as_names(attributes),
        size_limit=size_limit,
    )


def _as_names(attributes: Iterable[str]) -> tuple[str, ...]:
    """What a search asks for."""
    if isinstance(attributes, str):
        raise TypeError(f"attributes is a list of names: [{attributes!r}]")
    if not hasattr(attributes, "__iter__"):
        kind = type(attributes).__name__
        raise TypeError(f"attributes is a list of names, empty for all, not {kind}")
    names = tuple(attributes)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"attributes is a list of names, not of {name!r}")
    return names


@unseen
def add(dn: Name, attributes: Mapping[str, Value | Iterable[Value]]) -> m.AddRequest:
    """An add request of `str` (sent as UTF-8), `bytes`, or several of them.

    Raises:
        TypeError: The attributes are no mapping, or a value is of another type.
        ValueError: A value is text that stands for no octets.
    """
    if not hasattr(attributes, "items"):
        raise TypeError(
            "attributes are a mapping of names to values, such as dict(record."
            f"attributes) of an LDIF record, not {type(attributes).__name__}"
        )
    listed: list[m.PartialAttribute] = []
    name = ""
    try:
        for name, values in attributes.items():
            listed.append(m.PartialAttribute(name, as_values(values)))
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{name}: {error}") from None
    return m.AddRequest(as_text(dn), listed)


@unseen
def modify(dn: Name, changes: Iterable[Change]) -> m.ModifyRequest:
    """A modify request; the changes are carried out together or not at all.

    Raises:
        TypeError: One change was given for several, or something else than changes.
    """
    if isinstance(changes, Change):
        raise TypeError(f"changes is a list: [{changes!r}]")
    return m.ModifyRequest(as_text(dn), tuple(map(as_modify_change, changes)))


def rename(
    dn: Name, new_rdn: Name, new_superior: Name | None, *, delete_old_rdn: bool
) -> m.ModifyDNRequest:
    """A modifyDN request."""
    superior = None if new_superior is None else as_text(new_superior)
    return m.ModifyDNRequest(as_text(dn), as_text(new_rdn), delete_old_rdn, superior)


def delete(dn: Name) -> m.DelRequest:
    """A delete request."""
    return m.DelRequest(as_text(dn))


@unseen
def compare(dn: Name, attribute: str, value: Value) -> m.CompareRequest:
    """A compare request."""
    return m.CompareRequest(as_text(dn), attribute, as_value(value))


def secret_in(request: m.Request) -> str | None:
    """Name the secret that a request would show on a clear connection, if any."""
    match request:
        case m.AddRequest(attributes=attributes):
            names = [attribute.type for attribute in attributes]
        case m.ModifyRequest(changes=changes):
            names = [change.modification.type for change in changes]
        case m.CompareRequest(attribute=attribute):
            names = [attribute]
        case m.ExtendedRequest(name=name) if name == PASSWORD_MODIFY:
            return "a password"
        case _:
            return None
    return next((f"a value of {name}" for name in names if is_secret(name)), None)


def as_scope(scope: ScopeName | m.Scope) -> m.Scope:
    """A scope by its name.

    Raises:
        ValueError: It is none of ``base``, ``one``, ``sub``.
    """
    if isinstance(scope, m.Scope):
        return scope
    try:
        return parts.Scope[scope]
    except KeyError:
        raise ValueError(f'scope is "base", "one" or "sub", not {scope!r}') from None


def as_modify_change(change: Change) -> m.ModifyChange:
    """The message form of a change.

    Raises:
        TypeError: It is none.
    """
    operation = _OPERATIONS.get(type(change))
    if operation is None:
        raise TypeError(
            "a change is Add, Delete, Replace or Increment, such as "
            f"Add('mail', 'ada@example.com'), and not {type(change).__name__}"
        )
    if isinstance(change, Increment):
        values: tuple[bytes, ...] = (str(change.amount).encode(),)
    else:
        values = change.values
    attribute = m.PartialAttribute(change.attribute, values)
    return m.ModifyChange(operation, attribute)


_OPERATIONS: dict[type, m.ModifyOperation] = {
    Add: m.ModifyOperation.add,
    Delete: m.ModifyOperation.delete,
    Replace: m.ModifyOperation.replace,
    Increment: m.ModifyOperation.increment,
}
