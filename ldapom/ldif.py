"""LDIF (RFC 2849): entries and changes as text, read and written as a stream.

``read`` and ``write`` take files and streams, ``loads`` and ``dumps`` texts::

    for record in ldif.read("people.ldif"):
        print(record.dn, record["cn"])
"""

from __future__ import annotations

import io
from os import PathLike
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias, cast

from ldapom import _ldif_read, _ldif_write
from ldapom._ldif_records import (
    AddRecord,
    Attributes,
    ChangeRecord,
    ContentRecord,
    DeleteRecord,
    LDIFControl,
    ModDNRecord,
    ModifyRecord,
    Record,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: What `loads` takes beside `str`.
_OCTETS = (bytes, bytearray, memoryview)

__all__ = [
    "AddRecord",
    "Attributes",
    "ChangeRecord",
    "ContentRecord",
    "DeleteRecord",
    "LDIFControl",
    "ModDNRecord",
    "ModifyRecord",
    "Record",
    "dumps",
    "loads",
    "read",
    "write",
]

FilePath: TypeAlias = str | PathLike[str]


def read(
    source: FilePath | Iterable[str] | Iterable[bytes],
    *,
    files_below: FilePath | None = None,
) -> Iterator[Record]:
    """Read records, one at a time.

    Args:
        source: The path of a file, an open text or binary file, or lines.
        files_below: A folder; values may then be files in it (``jpegPhoto:<
            file:///…``). Without it such a value is refused.

    Raises:
        LDIFSyntaxError: At the line that leaves the grammar; records before it
            have been given.
    """
    folder = None if files_below is None else Path(files_below)
    if not isinstance(source, str | PathLike):
        yield from _ldif_read.records(source, folder)
        return
    if isinstance(source, str) and "\n" in source:
        raise ValueError("this is the path of no file: read LDIF text with loads()")
    with Path(source).open("rb") as file:
        yield from _ldif_read.records(file, folder)


def loads(
    text: str | bytes, *, files_below: FilePath | None = None
) -> Iterator[Record]:
    """Read records from a text; arguments and errors as for `read`."""
    if isinstance(text, str):
        return read(io.StringIO(text, newline="\n"), files_below=files_below)
    if not isinstance(text, _OCTETS):
        raise TypeError(f"LDIF is str or bytes, not {type(text).__name__}")
    return read(io.BytesIO(text), files_below=files_below)


def write(
    records: Iterable[Record],
    target: FilePath | IO[str] | IO[bytes],
    *,
    version: bool = True,
    hide_secrets: bool = False,
) -> None:
    """Write records, one at a time; what is written is ASCII.

    Args:
        records: In the order of the file.
        target: The path of a file, which is overwritten, or an open text or binary
            file.
        version: Whether to start with ``version: 1``.
        hide_secrets: Whether values of secret attributes (passwords, keys) become
            comments that say only how long they are.

    Raises:
        ValueError: For an attribute's name or a control's OID that can not stand
            in a file.
    """
    lines = _ldif_write.lines(records, version=version, hide_secrets=hide_secrets)
    if isinstance(target, str | PathLike):
        with Path(target).open("w", encoding="ascii", newline="") as file:
            file.writelines(lines)
    elif _takes_octets(target):
        octets = (line.encode("ascii") for line in lines)
        cast("IO[bytes]", target).writelines(octets)
    else:
        cast("IO[str]", target).writelines(lines)


def dumps(
    records: Iterable[Record], *, version: bool = True, hide_secrets: bool = False
) -> str:
    """Write records as one text; arguments and errors as for `write`."""
    return "".join(
        _ldif_write.lines(records, version=version, hide_secrets=hide_secrets)
    )


def _takes_octets(target: IO[str] | IO[bytes]) -> bool:
    if isinstance(target, io.RawIOBase | io.BufferedIOBase):
        return True
    return "b" in str(getattr(target, "mode", ""))
