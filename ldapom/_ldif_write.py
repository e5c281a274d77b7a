"""Writing LDIF (RFC 2849): records to lines of at most 76 ASCII characters.

A value is written as text where it is printable ASCII that neither starts with
a space, ``:`` or ``<`` nor ends with a space; else in base64. That is stricter than
SAFE-STRING of RFC 2849: control characters never reach a terminal.

An entry stays an entry: attributes that are called as the lines that begin a change
stand behind the others, where no reader takes them for one. A change whose values are
hidden is a comment altogether: without them it would be another change.
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

    from ldapom._ldif_records import Attributes, LDIFControl, Record
    from ldapom.changes import Change

_COLUMNS = 76
_SAFE = re.compile(rb"(?:[!-9;=-~](?:[ -~]*[!-~])?)?")
_RECORDS = (ContentRecord, AddRecord, DeleteRecord, ModifyRecord, ModDNRecord)
_IS_NAME = re.compile(NAME)
_IS_OID = re.compile(r"[0-9]+(?:\.[0-9]+)*")
#: What stands behind the DN where a change begins (RFC 2849, change-record).
_BEGINS_CHANGE = frozenset({"changetype", "control"})


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
            yield from self.attributes(self.ordered(record.attributes))
            return
        yield from map(_control, record.controls)
        if isinstance(record, AddRecord):
            yield "changetype: add"
            yield from self.attributes(record.attributes)
        elif isinstance(record, ModifyRecord):
            yield "changetype: modify"
            for change in record.changes:
                yield from self.change(change)
        elif isinstance(record, ModDNRecord):
            yield from _rename(record)
        else:
            yield "changetype: delete"

    def ordered(self, attributes: Attributes) -> Attributes:
        """An entry's attributes in an order that can not be read as a change.

        Servers choose the names: an entry that begins with ``changetype: delete``
        would delete its namesake where the file is loaded.

        Raises:
            ValueError: There are no others to stand before them.
        """
        behind = [a for a in attributes if a[0].lower() in _BEGINS_CHANGE and a[1]]
        if not behind:
            return attributes
        first = [a for a in attributes if a[0].lower() not in _BEGINS_CHANGE]
        if not any(values and not self.hides(name) for name, values in first):
            names = " and ".join(name for name, _ in behind)
            raise ValueError(
                f"an entry that shows nothing but {names} would be read as a change"
            )
        return (*first, *behind)

    def hides(self, name: str) -> bool:
        return self.hide_secrets and is_secret(name)

    def attributes(self, attributes: Attributes) -> Iterator[str]:
        for name, values in attributes:
            yield from self.values(name, values)

    def values(self, name: str, values: Iterable[bytes]) -> Iterator[str]:
        _checked(name)
        if self.hides(name):
            yield from (f"# {name}: {hidden(value)}" for value in values)
            return
        for value in values:
            yield f"{name}{_spec(value)}"

    def change(self, change: Change) -> Iterator[str]:
        name = _checked(change.attribute)
        if isinstance(change, Increment):
            lines = list(self.values(name, (b"%d" % change.amount,)))
        else:
            lines = list(self.values(name, change.values))
        # A Replace whose values are left out would delete the attribute.
        remark = "# " if lines and self.hides(name) else ""
        yield f"{remark}{type(change).__name__.lower()}: {name}"
        yield from lines
        yield f"{remark}-"


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
