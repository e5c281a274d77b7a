"""Entries as dictionaries, JSON and LDIF, and new entries made of them.

1. What was loaded and has a value is in it; secrets only where asked for.
2. A value that JSON has no form for is a text from which it can be read back exactly;
   which form it is depends on the class alone.
3. What is made is a new entry, as a constructor makes it; values that only the server
   writes can be read from it and are never sent.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, TypeVar

from ldapom import ldif
from ldapom.errors import ConversionError, MissingValue, NotLoaded
from ldapom.ldif import ContentRecord
from ldapom.mapper import convert, diff
from ldapom.mapper.names import canonical
from ldapom.mapper.naming import dn_of
from ldapom.mapper.raw import RawAttributes
from ldapom.mapper.state import EntryState, State
from ldapom.mapper.variants import present, values_of, variant
from ldapom.protocol.messages import PartialAttribute
from ldapom.secrets import is_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ldapom.mapper.described import AnyAttribute
    from ldapom.mapper.entry import Entry

E = TypeVar("E", bound="Entry")


# --- dictionaries and JSON --------------------------------------------------------


def to_dict(entry: Entry, *, secrets: bool) -> dict[str, object]:
    """What `Entry.to_dict` gives."""
    found: dict[str, object] = {}
    dn = _dn(entry)
    if dn is not None:
        found["dn"] = dn
    for one, value in _values(entry):
        if value and (secrets or not one.is_secret):
            plain = [_plain(one, each) for each in value]
            found[one.python_name] = plain if one.has_many else plain[0]
    return found


def _dn(entry: Entry) -> str | None:
    try:
        return str(dn_of(entry._state))
    except MissingValue:
        return None


def _values(entry: Entry) -> Iterator[tuple[AnyAttribute, Sequence[object]]]:
    """The attributes that were loaded, and their variants, with their values."""
    state = entry._state
    for one in entry.__ldapom__.attributes.values():
        try:
            value = getattr(entry, one.python_name)
        except (NotLoaded, MissingValue):
            value = None
        yield one, one.listed(value)
        for options in present(one, state):
            if state.by_key(f"{one.key};{options}") is None:
                yield variant(one, options), values_of(one, options, state)


def _plain(one: AnyAttribute, value: object) -> object:
    """A value as JSON has it."""
    conversion = one.converter
    if conversion.given is None:
        return convert.to_plain(value)
    raw = one.encode(value)
    if conversion.syntax.python is bytes:
        return b64encode(raw).decode("ascii")
    return raw.decode()


def from_dict(model: type[E], values: Mapping[str, object]) -> E:
    """What `Entry.from_dict` makes."""
    dn = values.get("dn", "")
    if not isinstance(dn, str):
        raise TypeError(f"'dn' is the text of a DN, not {type(dn).__name__}")
    found: list[tuple[AnyAttribute, list[object]]] = []
    for name, value in values.items():
        if name != "dn":
            one = _find(model, name)
            found.append((one, _from_plain(one, dn, value)))
    return new(model, dn, found)


def _find(model: type[Entry], name: str) -> AnyAttribute:
    info = model.__ldapom__
    declared = info.attributes.get(name) or info.by_key.get(canonical(name))
    if declared is not None:
        return declared
    base, semicolon, options = name.partition(";")
    try:
        one = info.find(base)
    except LookupError as error:
        raise TypeError(error.args[0]) from None
    return variant(one, options) if semicolon else one


def _from_plain(one: AnyAttribute, dn: str, value: object) -> list[object]:
    if value is None:
        return []
    several = one.has_many
    values = value if several else [value]
    if not isinstance(values, list | tuple):
        reason = f"a list of values is expected, not {type(value).__name__}"
        raise ConversionError(reason, dn=dn, attribute=one.ldap_name)
    try:
        return [_read(one, each) for each in values]
    except (ValueError, TypeError) as error:
        reason = _reason(one, error)
        raise ConversionError(reason, dn=dn, attribute=one.ldap_name) from None


def _reason(one: AnyAttribute, error: Exception) -> str:
    return "the value, which is a secret, is none" if one.is_secret else str(error)


def _read(one: AnyAttribute, plain: object) -> object:
    conversion = one.converter
    if conversion.given is None:
        return convert.from_plain(plain, one.annotation.value_type())
    if not isinstance(plain, str):
        raise ValueError(f"a text is expected, not {type(plain).__name__}")  # noqa: TRY004  # a value, not a mistake in the program
    if conversion.syntax.python is bytes:
        return conversion.decode(b64decode(plain, validate=True))
    return conversion.decode(plain.encode())


def to_json(entry: Entry, *, indent: int | None, secrets: bool) -> str:
    """What `Entry.to_json` gives."""
    found = to_dict(entry, secrets=secrets)
    text = json.dumps(found, indent=indent, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        # Octets of a DN that are no UTF-8.
        return json.dumps(found, indent=indent)
    return text


def from_json(model: type[E], text: str | bytes) -> E:
    """What `Entry.from_json` makes."""
    values = json.loads(text)
    if not isinstance(values, dict):
        raise TypeError(f"an entry is a JSON object, not {type(values).__name__}")
    return from_dict(model, values)


# --- LDIF -------------------------------------------------------------------------


def to_ldif(entry: Entry, *, secrets: bool) -> str:
    """What `Entry.to_ldif` gives."""
    state = entry._state
    if state.is_new:
        kept = {part.type: list(part.values) for part in diff.additions(state)}
    else:
        changed = {one.key: (one, value) for one, value in state.changed()}
        kept = dict(RawAttributes(state, skip=changed))
        for one, value in changed.values():
            kept[one.description(state)] = [one.encode(v) for v in one.listed(value)]
    written = tuple(
        (name, tuple(octets))
        for name, octets in kept.items()
        if octets and (secrets or not is_secret(name))
    )
    return ldif.dumps([ContentRecord(str(dn_of(state)), written)], version=False)


def from_ldif(model: type[E], text: str | bytes) -> E:
    """What `Entry.from_ldif` makes."""
    records = list(ldif.loads(text))
    record = records[0] if len(records) == 1 else None
    if not isinstance(record, ContentRecord):
        kinds = ", ".join(type(each).__name__ for each in records) or "nothing"
        raise ValueError(f"one ContentRecord is expected, not {kinds}")  # noqa: TRY004  # what the text says
    found: list[tuple[AnyAttribute, list[object]]] = []
    more: list[PartialAttribute] = []
    for name, octets in record.attributes:
        try:
            one = _find(model, name)
        except TypeError:
            more.append(PartialAttribute(name, octets))
            continue
        try:
            found.append((one, [one.converter.decode(each) for each in octets]))
        except ValueError as error:
            reason = _reason(one, error)
            raise ConversionError(
                reason, dn=record.dn, attribute=name, raw=octets
            ) from None
    return new(model, record.dn, found, more)


# --- new entries ------------------------------------------------------------------


def new(
    model: type[E],
    dn: str,
    values: Sequence[tuple[AnyAttribute, list[object]]],
    more: Sequence[PartialAttribute] = (),
) -> E:
    """Make a new entry, also with values that only the server writes.

    Args:
        model: Its class.
        dn: Its DN; empty where the class names it.
        values: Its attributes and their values.
        more: Attributes that the class has not, to be seen in ``extra``.

    Raises:
        ConversionError: If an attribute of one value has several.
    """
    from ldapom.mapper.entry import _keep, _new, _set_state

    raw = {part.type: part for part in model.__ldapom__.template}
    merged: dict[str, tuple[AnyAttribute, list[object]]] = {}
    for one, given in values:
        # Two spellings of one attribute, such as cn and commonName.
        merged.setdefault(one.python_name, (one, []))[1].extend(given)
    for one, given in merged.values():
        if one.read_only and given:
            octets = tuple([one.encode(each) for each in given])
            raw[one.ldap_name] = PartialAttribute(one.ldap_name, octets)
    entry = _new(model)
    state = EntryState(dn, (*raw.values(), *more), None, State.new, model)
    _set_state(entry, state)
    for one, given in merged.values():
        if one.read_only:
            continue
        if not one.has_many and len(given) > 1:
            reason = f"{len(given)} values came where the class has one"
            raise ConversionError(reason, dn=dn, attribute=one.ldap_name)
        whole = given if one.has_many else next(iter(given), None)
        _keep(entry, one, one.accept(whole, state))
    return entry
