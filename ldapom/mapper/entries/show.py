"""How an entry is shown: as text for people, as an expression for Python.

Secrets are shown in neither, and control characters of values reach no terminal.
"""

from __future__ import annotations

from enum import Enum, Flag
from typing import TYPE_CHECKING

from ldapom._printable import printable
from ldapom.errors import MappingError
from ldapom.mapper.classes.conversion import NoSyntax
from ldapom.mapper.entries.having import having
from ldapom.mapper.entries.naming import dn_of
from ldapom.mapper.entries.raw import RawAttributes
from ldapom.secrets import hidden, is_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.entries.entry import Mapped

#: Octets of a binary value that are shown.
_SHOWN_OCTETS = 24


def text(entry: Mapped) -> str:
    """The DN, then the attributes, aligned, further values under the first."""
    rows = list(_rows(entry))
    width = max((len(name) for name, _ in rows), default=0) + 1
    lines = [f"DN: {printable(_dn(entry))}"]
    for name, values in rows:
        for position, value in enumerate(values):
            label = f"{name}:" if position == 0 else ""
            lines.append(f"    {label:<{width}} {value}")
    return "\n".join(lines)


def expression(entry: Mapped) -> str:
    """A call of the class that makes the entry anew, without its secrets."""
    arguments = [f"dn={entry._state.dn!r}"] if entry._state.dn else []
    for name, one in having(entry)[0]:
        if one.read_only or is_secret(one.ldap_name):
            continue
        value = _value(entry, one)
        if value is not None and value != []:
            arguments.append(f"{name}={_literal(value)}")
    return f"{type(entry).__name__}({', '.join(arguments)})"


def _dn(entry: Mapped) -> str:
    try:
        return str(dn_of(entry._state))
    except MappingError:
        return "(none yet)"


def _rows(entry: Mapped) -> Iterator[tuple[str, list[str]]]:
    for name, one in having(entry)[0]:
        value = _value(entry, one)
        values = value if isinstance(value, list) else [value]
        if value is None:
            changed = name in (entry._state.changes or ())
            raw = entry._state.collected().get(one.key, ())
            values = [] if changed else list(raw)
        if values:
            yield name, [_shown(one.ldap_name, each) for each in values]
    variants = {
        one.key: (one, one.listed(value))
        for one, value in entry._state.changed()
        if one.source is not None
    }
    for one, given in variants.values():
        if given:
            yield one.ldap_name, [_shown(one.ldap_name, each) for each in given]
    skip = {**entry.__ldapom__.by_key, **variants}
    for name, raw in RawAttributes(entry._state, skip=skip).items():
        if raw:
            yield printable(name), [_shown(name, each) for each in raw]


def _value(entry: Mapped, one: AnyAttribute) -> object:
    """The value of an attribute; None where there is none that can be shown."""
    try:
        value: object = getattr(entry, one.python_name)
    except (MappingError, NoSyntax):
        return None
    return value


def _shown(name: str, value: object) -> str:
    if is_secret(name):
        return hidden(value) if isinstance(value, str | bytes) else "<hidden>"
    if isinstance(value, bytes):
        return _octets(value)
    if isinstance(value, Flag) and value.name:
        return f"{value.name} ({value.value})"
    return printable(str(value))


def _literal(value: object) -> str:
    """A value as an expression; of an enumeration the call that gives its member."""
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, Enum):
        return f"{type(value).__name__}({value.value!r})"
    return repr(value)


def _octets(value: bytes) -> str:
    try:
        shown = value.decode()
    except UnicodeDecodeError:
        shown = ""
    if shown.isprintable() and shown:
        return shown
    if len(value) <= _SHOWN_OCTETS:
        return repr(value)
    return f"{value[:_SHOWN_OCTETS]!r}… ({len(value)} bytes)"
