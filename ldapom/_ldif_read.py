"""Reading LDIF (RFC 2849): octets to lines, lines to records.

Read beyond the grammar of RFC 2849:

==================================  =========================================
text                                why
==================================  =========================================
no ``version:`` line                most tools write none
UTF-8 and other octets unencoded    people write names by hand
an entry without attributes         ``ldapsearch`` with the attributes ``1.1``
content and change records mixed    ``ldapmodify -a``
no ``-`` after the last change      ``ldapmodify`` takes it
``search:``, ``result:``, ``ref:``  ``ldapsearch`` without ``-LLL``; left out
``increment:``                      RFC 4525
a byte order mark at the start      editors
==================================  =========================================

A line is read once; a file is read record by record.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn, TypeAlias
from urllib.parse import unquote, urlsplit

from ldapom._ldif_records import (
    AddRecord,
    ContentRecord,
    DeleteRecord,
    LDIFControl,
    ModDNRecord,
    ModifyRecord,
)
from ldapom.changes import Add, Delete, Increment, Replace
from ldapom.errors import LDIFSyntaxError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ldapom._ldif_records import ChangeRecord, Record
    from ldapom.changes import Change

#: Attribute descriptions as they are found in files, ``;range=0-1499`` included.
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*(?:;[A-Za-z0-9=*_-]+)*"

_LINE = re.compile(rb"(" + NAME.encode() + rb")(:[:<]?) *(.*)", re.DOTALL)
_CONTROL = re.compile(
    rb"([0-9]+(?:\.[0-9]+)*)(?: +(true|false))? *(?:(:[:<]?) *(.*))?",
    re.DOTALL | re.IGNORECASE,
)
_INTEGER = re.compile(rb"-?[0-9]+")
_NOT_SAFE = re.compile(rb"[\0\r\n]")
#: How the groups of lines start that ``ldapsearch`` writes for people.
_REMARK = re.compile(rb"search: [0-9]+\Z|ref:")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_VERSION = 1

#: The number of a line's first physical line, and the line unfolded.
Line: TypeAlias = tuple[int, bytes]


def records(lines: Iterable[str | bytes], files_below: Path | None) -> Iterator[Record]:
    """Read the records of an LDIF text, given as physical lines.

    Raises:
        LDIFSyntaxError: At the line that leaves the grammar.
    """
    first = True
    for group in _groups(_unfold(lines)):
        if first:
            first = False
            _take_version(group)
            if not group:
                continue
        if _REMARK.match(group[0][1]):
            continue
        yield _Reader(group, files_below).record()


def _octets(lines: Iterable[str | bytes]) -> Iterator[bytes]:
    for number, line in enumerate(lines, 1):
        raw = _encoded(line, number) if isinstance(line, str) else line
        yield raw.removesuffix(b"\n").removesuffix(b"\r")


def _encoded(line: str, number: int) -> bytes:
    try:
        return line.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        place = error.start + 1
    raise LDIFSyntaxError(f"no UTF-8 for its character {place}", line=number)


def _unfold(lines: Iterable[str | bytes]) -> Iterator[Line]:
    """Join continuation lines and leave comments out; blank lines stay."""
    start, parts = 0, [b"#"]
    for number, line in enumerate(_octets(lines), 1):
        if line[:1] == b" ":
            if not parts[0] or not start:
                raise LDIFSyntaxError(
                    "a line that starts with a space continues one, but none is open",
                    line=number,
                )
            parts.append(line[1:])
            continue
        if parts[0][:1] != b"#":
            yield start, b"".join(parts)
        start = number
        parts = [line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line]
    if parts[0][:1] != b"#":
        yield start, b"".join(parts)


def _groups(lines: Iterable[Line]) -> Iterator[list[Line]]:
    group: list[Line] = []
    for line in lines:
        if line[1]:
            group.append(line)
        elif group:
            yield group
            group = []
    if group:
        yield group


def _take_version(group: list[Line]) -> None:
    number, line = group[0]
    name, mark, value = line.partition(b":")
    if name.lower() != b"version" or not mark:
        return
    if value.strip(b" ") != b"%d" % _VERSION:
        raise LDIFSyntaxError(f"only version {_VERSION} is known", line=number)
    del group[0]


class _Parsed(NamedTuple):
    """One line, divided; the value still as it was written."""

    number: int
    name: str
    mark: bytes
    raw: bytes


class _Reader:
    """Reads one record from its lines."""

    __slots__ = ("files_below", "index", "lines")

    def __init__(self, lines: list[Line], files_below: Path | None) -> None:
        self.lines = lines
        self.files_below = files_below
        self.index = 0

    def refuse(self, reason: str, number: int) -> NoReturn:
        raise LDIFSyntaxError(reason, line=number)

    @property
    def more(self) -> bool:
        return self.index < len(self.lines)

    @property
    def last(self) -> int:
        """The number of the record's last line, for what is missing after it."""
        return self.lines[-1][0]

    def peek(self) -> _Parsed:
        number, line = self.lines[self.index]
        match = _LINE.fullmatch(line)
        if match is None:
            self.refuse("'name: value' should stand here", number)
        return _Parsed(number, match[1].decode(), match[2], match[3])

    def take(self) -> _Parsed:
        parsed = self.peek()
        self.index += 1
        return parsed

    def at(self, name: str) -> bool:
        return self.more and self.peek().name.lower() == name

    def take_text(self, name: str) -> str:
        """Take the line of this name and give its value as text."""
        if not self.more:
            self.refuse(f"'{name}:' should follow", self.last)
        parsed = self.take()
        if parsed.name.lower() != name:
            self.refuse(f"'{name}:' should stand here", parsed.number)
        return self.value(parsed).decode("utf-8", "surrogateescape")

    # --- values --------------------------------------------------------------

    def value(self, parsed: _Parsed) -> bytes:
        return self.decode(parsed.mark, parsed.raw, parsed.number)

    def decode(self, mark: bytes, raw: bytes, number: int) -> bytes:
        """The octets that a value-spec stands for."""
        if mark == b"::":
            try:
                return base64.b64decode(raw.rstrip(b" "), validate=True)
            except ValueError:
                self.refuse("this is no base64", number)
        if mark == b":<":
            return self.file(raw.decode("utf-8", "surrogateescape").strip(" "), number)
        if _NOT_SAFE.search(raw):
            self.refuse("a value with NUL or CR is written in base64", number)
        return raw

    def file(self, url: str, number: int) -> bytes:
        """Read the file of a ``:<`` value, where that is allowed."""
        if self.files_below is None:
            self.refuse(
                "values from files are not read: pass files_below= to allow a folder",
                number,
            )
        try:
            parts = urlsplit(url)
            if parts.scheme.lower() != "file" or parts.netloc not in ("", "localhost"):
                self.refuse("only file:/// URLs are read", number)
            path = Path(unquote(parts.path)).resolve()
            if not path.is_relative_to(self.files_below.resolve()):
                self.refuse("the file is not below files_below", number)
            return path.read_bytes()
        except (OSError, ValueError) as error:
            if isinstance(error, LDIFSyntaxError):
                raise
            raise LDIFSyntaxError("the file can not be read", line=number) from error

    # --- records -------------------------------------------------------------

    def record(self) -> Record:
        dn = self.take_text("dn")
        controls = []
        while self.at("control"):
            controls.append(self.control())
        if self.at("changetype"):
            number = self.peek().number
            kind = self.take_text("changetype").strip(" ").lower()
            make = _CHANGES.get(kind)
            if make is None:
                self.refuse(f"the changetype is one of {', '.join(_CHANGES)}", number)
            record = make(self, dn, tuple(controls))
            if self.more:
                self.refuse(
                    f"nothing more goes with changetype {kind}",
                    self.lines[self.index][0],
                )
            return record
        if controls:
            self.refuse("'changetype:' should follow a control", self.last)
        return ContentRecord(dn, self.attributes())

    def attributes(self) -> list[tuple[str, bytes]]:
        found = []
        while self.more:
            parsed = self.take()
            found.append((parsed.name, self.value(parsed)))
        return found

    def control(self) -> LDIFControl:
        parsed = self.take()
        match = _CONTROL.fullmatch(parsed.raw)
        if match is None or parsed.mark != b":":
            self.refuse("a control is 'control: OID true|false: value'", parsed.number)
        oid, critical, mark, raw = match.groups()
        value = None if mark is None else self.decode(mark, raw, parsed.number)
        return LDIFControl(oid.decode(), (critical or b"").lower() == b"true", value)

    def add(self, dn: str, controls: tuple[LDIFControl, ...]) -> AddRecord:
        attributes = self.attributes()
        if not attributes:
            self.refuse("an entry to add has attributes", self.last)
        return AddRecord(dn, attributes, controls=controls)

    def delete(self, dn: str, controls: tuple[LDIFControl, ...]) -> DeleteRecord:
        return DeleteRecord(dn, controls=controls)

    def rename(self, dn: str, controls: tuple[LDIFControl, ...]) -> ModDNRecord:
        new_rdn = self.take_text("newrdn")
        delete_old = self.take_text("deleteoldrdn").strip(" ")
        if delete_old not in ("0", "1"):
            self.refuse("deleteoldrdn is 0 or 1", self.lines[self.index - 1][0])
        superior = self.take_text("newsuperior") if self.more else None
        return ModDNRecord(
            dn,
            new_rdn,
            delete_old_rdn=delete_old == "1",
            new_superior=superior,
            controls=controls,
        )

    def modify(self, dn: str, controls: tuple[LDIFControl, ...]) -> ModifyRecord:
        changes = []
        while self.more:
            changes.append(self.change())
        return ModifyRecord(dn, changes, controls=controls)

    def change(self) -> Change:
        """Read one change of a modify: its head, its values and its ``-``."""
        head = self.take()
        kind = head.name.lower()
        attribute = self.value(head).decode("utf-8", "surrogateescape").strip(" ")
        if re.fullmatch(NAME, attribute) is None:
            self.refuse(f"'{kind}:' names an attribute", head.number)
        values = []
        while self.more and self.lines[self.index][1] != b"-":
            parsed = self.take()
            if parsed.name.lower() != attribute.lower():
                self.refuse(
                    f"a value of {attribute}, or '-', should stand here", parsed.number
                )
            values.append(self.value(parsed))
        self.index += self.more
        return self.made_change(kind, attribute, values, head.number)

    def made_change(
        self, kind: str, attribute: str, values: list[bytes], number: int
    ) -> Change:
        if kind == "increment":
            if len(values) != 1 or not _INTEGER.fullmatch(values[0]):
                self.refuse("an increment has one integer", number)
            return Increment(attribute, int(values[0]))
        if kind == "add" and not values:
            self.refuse(f"'add: {attribute}' has no values", number)
        make = _MODIFICATIONS.get(kind)
        if make is None:
            self.refuse("'add:', 'delete:' or 'replace:' should stand here", number)
        return make(attribute, values)


_Modification: TypeAlias = "Callable[[str, list[bytes]], Change]"
_MODIFICATIONS: dict[str, _Modification] = {
    "add": Add,
    "delete": Delete,
    "replace": Replace,
}

_MakeChange: TypeAlias = (
    "Callable[[_Reader, str, tuple[LDIFControl, ...]], ChangeRecord]"
)
_CHANGES: dict[str, _MakeChange] = {
    "add": _Reader.add,
    "delete": _Reader.delete,
    "modify": _Reader.modify,
    "modrdn": _Reader.rename,
    "moddn": _Reader.rename,
}
