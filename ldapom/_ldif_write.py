"""Writing LDIF (RFC 2849): records to lines of at most 76 ASCII characters.

A value is written as text where it is printable ASCII that neither starts with
a space, ``:`` or ``<`` nor ends with a space; else in base64. That is stricter than
SAFE-STRING of RFC 2849: control characters never reach a terminal.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from ldapom._ldif_read import NAME
from ldapom._ldif_records import (
    AddRecord,
    ContentRecord,
    DeleteRecord,
    ModDNRecord,
    ModifyRecord,
)
from ldapom.changes import Increment, as_value
from ldapom.secrets import hidden, is_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ldapom._ldif_records import LDIFControl, Record
    from ldapom.changes import Change

_COLUMNS = 76
_SAFE = re.compile(rb"(?:[!-9;=-~](?:[ -~]*[!-~])?)?")
_RECORDS = (ContentRecord, AddRecord, DeleteRecord, ModifyRecord, ModDNRecord)
_IS_NAME = re.compile(NAME)
_IS_OID = re.compile(r"[0-9]+(?:\.[0-9]+)*")


def lines(
    records: Iterable[Record], *, version: bool, hide_secrets: bool
) -> Iterator[str]:
    """Write records as physical lines, each with its newline."""
    writer = _Writer(hide_secrets=hide_secrets)
    if version:
        yield "version: 1\n"
    separate = version
    for record in records:
        if separate:
            yield "\n"
        separate = True
        for line in writer.record(record):
            yield _fold(line)


def _fold(line: str) -> str:
    """End a line, after dividing it where it is too long."""
    if len(line) <= _COLUMNS:
        return line + "\n"
    width = _COLUMNS - 1
    parts = [line[:_COLUMNS]]
    parts += [line[i : i + width] for i in range(_COLUMNS, len(line), width)]
    return "\n ".join(parts) + "\n"


def _spec(value: bytes) -> str:
    """A value-spec: what stands behind the name."""
    if not value:
        return ":"
    if _SAFE.fullmatch(value):
        return f": {value.decode('ascii')}"
    return f":: {base64.b64encode(value).decode('ascii')}"


def _checked(name: str) -> str:
    """An attribute's name, unless it would break the line it starts.

    Raises:
        ValueError: For what can not stand there.
    """
    if _IS_NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r} is no attribute description")
    return name


class _Writer:
    """Writes one record after the other as unfolded lines."""

    __slots__ = ("hide_secrets",)

    def __init__(self, *, hide_secrets: bool) -> None:
        self.hide_secrets = hide_secrets

    def record(self, record: Record) -> Iterator[str]:
        if not isinstance(record, _RECORDS):
            raise TypeError(f"{type(record).__name__} is no LDIF record")
        yield f"dn{_spec(as_value(record.dn))}"
        if isinstance(record, ContentRecord):
            yield from self.attributes(record)
            return
        yield from map(_control, record.controls)
        if isinstance(record, AddRecord):
            yield "changetype: add"
            yield from self.attributes(record)
        elif isinstance(record, ModifyRecord):
            yield "changetype: modify"
            for change in record.changes:
                yield from self.change(change)
        elif isinstance(record, ModDNRecord):
            yield from _rename(record)
        else:
            yield "changetype: delete"

    def attributes(self, record: ContentRecord | AddRecord) -> Iterator[str]:
        for name, values in record.attributes:
            yield from self.values(name, values)

    def values(self, name: str, values: Iterable[bytes]) -> Iterator[str]:
        _checked(name)
        if self.hide_secrets and is_secret(name):
            yield from (f"# {name}: {hidden(value)}" for value in values)
            return
        for value in values:
            yield f"{name}{_spec(value)}"

    def change(self, change: Change) -> Iterator[str]:
        name = _checked(change.attribute)
        yield f"{type(change).__name__.lower()}: {name}"
        if isinstance(change, Increment):
            yield f"{name}: {change.amount}"
        else:
            yield from self.values(name, change.values)
        yield "-"


def _rename(record: ModDNRecord) -> Iterator[str]:
    yield "changetype: modrdn"
    yield f"newrdn{_spec(as_value(record.new_rdn))}"
    yield f"deleteoldrdn: {int(record.delete_old_rdn)}"
    if record.new_superior is not None:
        yield f"newsuperior{_spec(as_value(record.new_superior))}"


def _control(control: LDIFControl) -> str:
    if _IS_OID.fullmatch(control.type) is None:
        raise ValueError(f"{control.type!r} is no OID of a control")
    criticality = "true" if control.criticality else "false"
    value = "" if control.value is None else _spec(control.value)
    return f"control: {control.type} {criticality}{value}"
