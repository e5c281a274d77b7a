"""Entries as dictionaries, JSON and LDIF, and new entries made of them.

1. What was loaded and has a value is in it; secrets only where asked for.
2. A value that JSON has no form for is a text from which it can be read back exactly;
   which form it is depends on the class alone.
3. What is made is a new entry, as a constructor makes it; values that only the server
   writes can be read from it and are never sent, also those of `Operational`.
4. Names that nobody knows are refused, all at once: they would never be sent.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, TypeVar

from ldapom import ldif
from ldapom.dn import DN
from ldapom.errors import ConversionError, MissingValue, NotLoaded
from ldapom.ldif import ContentRecord
from ldapom.mapper.classes import convert
from ldapom.mapper.classes.conversion import NoSyntax
from ldapom.mapper.classes.names import canonical
from ldapom.mapper.entries import diff
from ldapom.mapper.entries.having import having
from ldapom.mapper.entries.naming import dn_of, octets
from ldapom.mapper.entries.raw import RawAttributes
from ldapom.mapper.entries.state import EntryState
from ldapom.mapper.entries.states import State
from ldapom.mapper.entries.variants import present, values_of, variant
from ldapom.protocol.messages import PartialAttribute
from ldapom.secrets import is_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.entries.entry import Entry

E = TypeVar("E", bound="Entry")

#: What JSON has a form for.
_JSON = (str, int, float, list, tuple, dict)


# --- dictionaries and JSON --------------------------------------------------------


def to_dict(entry: Entry, *, secrets: bool) -> dict[str, object]:
    """What `Entry.to_dict` gives."""
    found: dict[str, object] = {}
    dn = _dn(entry)
    if dn is not None:
        found["dn"] = dn
    for one, value in _values(entry):
        if value and (secrets or not one.is_secret):
            plain = [_plain(entry._state, one, each) for each in value]
            found[one.python_name] = plain if one.has_many else plain[0]
    return found


def _dn(entry: Entry) -> str | None:
    try:
        return str(dn_of(entry._state))
    except MissingValue:
        return None


def _values(entry: Entry) -> Iterator[tuple[AnyAttribute, Sequence[object]]]:
    """The attributes that may have values, and their variants, with what they have."""
    state = entry._state
    attributes, has_options = having(entry)
    for name, one in attributes:
        try:
            value = getattr(entry, name)
        except (NotLoaded, MissingValue):
            value = None
        yield one, one.listed(value)
        if not has_options:
            continue
        for options in present(one, state):
            if state.by_key(f"{one.key};{options}") is None:
                yield variant(one, options), values_of(one, options, state)


def _plain(state: EntryState, one: AnyAttribute, value: object) -> object:
    """A value as JSON has it: as the class says it, else as the session does."""
    conversion = one.converter
    if conversion.given is None:
        plain = convert.to_plain(value)
        if not conversion.is_own or isinstance(plain, _JSON):
            return plain
        one = state.own(one)
        conversion = one.converter
    raw = one.encode(value)
    if conversion.syntax.python is bytes:
        return b64encode(raw).decode("ascii")
    return raw.decode()


def from_dict(model: type[E], values: Mapping[str, object]) -> E:
    """What `Entry.from_dict` makes."""
    if not hasattr(values, "get"):
        raise TypeError(
            "an entry is a mapping of names to values, as to_dict() gives it, not "
            f"{type(values).__name__}"
        )
    dn = values.get("dn", "")
    if not isinstance(dn, str):
        raise TypeError(f"'dn' is the text of a DN, not {type(dn).__name__}")
    known, unknown = _look_up(model, (name for name in values if name != "dn"))
    _refuse(model, unknown)
    found = [(one, _from_plain(one, dn, values[name])) for name, one in known.items()]
    return new(model, dn, found)


def _look_up(
    model: type[Entry], names: Iterable[str]
) -> tuple[dict[str, AnyAttribute], dict[str, str]]:
    """Find the attributes of a class, or of those that servers keep, by any name.

    Returns:
        The attributes by name; and for each name that nobody knows what is wrong.
    """
    from ldapom.mapper.classes.operational import Operational

    known: dict[str, AnyAttribute] = {}
    unknown: dict[str, str] = {}
    for name in names:
        try:
            known[name] = _find(model, name)
        except LookupError as error:
            kept = Operational.__ldapom__.by_key.get(canonical(name))
            if kept is None:
                unknown[name] = error.args[0]
            else:
                known[name] = kept
    return known, unknown


def _is_servers(one: AnyAttribute, model: type[Entry]) -> bool:
    """Whether an attribute is one of those that servers keep, and not the class's."""
    from ldapom.mapper.classes.operational import Operational

    kept = Operational.__ldapom__.by_key.get(one.key)
    return kept is one and one.key not in model.__ldapom__.by_key


def _refuse(model: type[Entry], unknown: Mapping[str, str]) -> None:
    """Say which names a class does not know, and what to do about it.

    Raises:
        TypeError: If there are any.
    """
    if not unknown:
        return
    what, *more = unknown.values()
    them = "them" if more else "it"
    if more:
        what = f"{model.__name__} has no attributes {', '.join(map(repr, unknown))}"
    then = " Else" if what.endswith("?") else ";"
    raise TypeError(
        f"{what}{then} leave {them} out, or declare {them} in the class, with "
        "read_only=True for what only the server writes"
    )


def _find(model: type[Entry], name: str) -> AnyAttribute:
    info = model.__ldapom__
    declared = info.attributes.get(name) or info.by_key.get(canonical(name))
    if declared is not None:
        return declared
    base, semicolon, options = name.partition(";")
    one = info.find(base)
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
    except NoSyntax:
        raise
    except (ValueError, TypeError) as error:
        reason = _reason(one, error)
        raise ConversionError(reason, dn=dn, attribute=one.ldap_name) from None


def _reason(one: AnyAttribute, error: Exception) -> str:
    return "the value, which is a secret, is none" if one.is_secret else str(error)


def _read(one: AnyAttribute, plain: object) -> object:
    conversion = one.converter
    if conversion.given is None:
        return convert.from_plain(plain, one.annotation.value_type(), one.ldap_name)
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
    known, unknown = _look_up(model, (name for name, _ in record.attributes))
    named = frozenset(_named(record))
    _refuse(model, {name: why for name, why in unknown.items() if name not in named})
    for name, values in record.attributes:
        one = known.get(name)
        if one is None or _is_servers(one, model):
            # As it came: nobody writes it, or the DN says it.
            more.append(PartialAttribute(name, values))
            continue
        try:
            found.append((one, [one.converter.decode(each) for each in values]))
        except ValueError as error:
            reason = _reason(one, error)
            raise ConversionError(
                reason, dn=record.dn, attribute=name, raw=values
            ) from None
    return new(model, record.dn, found, more)


def _named(record: ContentRecord) -> Iterator[str]:
    """The attributes that say only what the DN says: an Add has them from there."""
    rdn = {(canonical(a.type), octets(a)) for a in DN.from_server(record.dn).rdn or ()}
    for name, values in record.attributes:
        if rdn.issuperset((canonical(name), each) for each in values):
            yield name


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
    from ldapom.mapper.entries.entry import blank, keep, set_state

    raw = {part.type: part for part in model.__ldapom__.template}
    merged: dict[str, tuple[AnyAttribute, list[object]]] = {}
    for one, given in values:
        # Two spellings of one attribute, such as cn and commonName.
        merged.setdefault(one.python_name, (one, []))[1].extend(given)
    for one, given in merged.values():
        if one.read_only and given:
            octets = tuple([one.encode(each) for each in given])
            raw[one.ldap_name] = PartialAttribute(one.ldap_name, octets)
    entry = blank(model)
    state = EntryState(dn, (*raw.values(), *more), None, State.new, model)
    set_state(entry, state)
    for one, given in merged.values():
        if one.read_only:
            continue
        if not one.has_many and len(given) > 1:
            reason = f"{len(given)} values came where the class has one"
            raise ConversionError(reason, dn=dn, attribute=one.ldap_name)
        whole = given if one.has_many else next(iter(given), None)
        keep(entry, one, one.accept(whole, state))
    return entry
