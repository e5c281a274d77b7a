"""Values that Python has no type for, and the sentinels of times beyond its calendar.

1. Every value is frozen, hashable, ordered where an order makes sense, and pickles.
2. A sentinel is an ordinary `datetime` or `timedelta`, so that it compares and sorts
   as its name says, and the Python type of an attribute never changes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from ldapom.dn import DN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: The time that does not come: an account that never expires, a date after the year
#: 9999. Active Directory's 2**63-1 reads as it, and so does 0 in ``accountExpires``; it
#: writes 2**63-1 there, and ``99991231235959.999999Z`` as a Generalized Time. It is
#: later than every time.
NEVER: Final = datetime.max.replace(tzinfo=UTC)

#: A time before the year 1, and one that has not been: Active Directory's 0 in
#: ``lastLogon``, ``lockoutTime``, ``pwdLastSet`` and their like reads as it, and it
#: writes 0, which clears ``lockoutTime`` and makes ``pwdLastSet`` ask for a new
#: password at the next logon. In ``pwdAccountLockedTime`` it is ``000001010000Z``: an
#: account that is locked for good. It is earlier than every time.
DISTANT_PAST: Final = datetime.min.replace(tzinfo=UTC)

#: Active Directory's -1: writing it to ``pwdLastSet`` means "now, by the server's
#: clock". It is one microsecond after `DISTANT_PAST`, and only a marker.
SERVER_NOW: Final = DISTANT_PAST + timedelta(microseconds=1)

#: The interval without an end, -(2**63) in Active Directory: a password that never
#: ages, a lockout that lasts. It is longer than every interval.
FOREVER: Final = timedelta.max

_MAX_SUB_AUTHORITIES = 15
_UINT32 = 0xFFFFFFFF
_UINT48 = 0xFFFFFFFFFFFF
_SID_HEADER = 8
# Windows and Samba read leading zeros, and hexadecimal digits in any number.
_SID = re.compile(
    r"S-0{0,20}1-(0x[0-9a-f]{1,12}|0{0,20}[0-9]{1,15})"
    r"((?:-(?:0x[0-9a-f]{1,8}|0{0,20}[0-9]{1,10}))*)",
    re.IGNORECASE,
)
_NT_AUTHORITY = 5
_ACCOUNT_DOMAIN = 21
_DOMAIN_PARTS = 4


def _number(digits: str) -> int:
    return int(digits, 16 if "x" in digits.lower() else 10)


def _as_tuple(numbers: Iterable[int]) -> tuple[int, ...]:
    return tuple(numbers)


@frozen(order=True)
class Sid:
    """A security identifier of Windows ([MS-DTYP] 2.4.2), such as ``S-1-5-32-544``.

    Args:
        revision: Always 1, the only revision there is.
        authority: Who issued it, 48 bits; 5 is Windows itself.
        sub_authorities: 0 to 15 numbers of 32 bits each.

    Raises:
        ValueError: When a number does not fit into its place.
    """

    revision: int
    authority: int
    sub_authorities: tuple[int, ...] = field(default=(), converter=_as_tuple)

    def __attrs_post_init__(self) -> None:
        if self.revision != 1:
            raise ValueError(f"a SID has revision 1, not {self.revision}")
        if not 0 <= self.authority <= _UINT48:
            raise ValueError(f"a SID's authority has 48 bits, not {self.authority}")
        if len(self.sub_authorities) > _MAX_SUB_AUTHORITIES:
            raise ValueError(
                f"a SID has at most 15 sub-authorities, not {len(self.sub_authorities)}"
            )
        for number in self.sub_authorities:
            if not 0 <= number <= _UINT32:
                raise ValueError(f"a SID's sub-authority has 32 bits, not {number}")

    @classmethod
    def parse(cls, text: str) -> Sid:
        """Read the text form, ``S-1-5-21-…``; a number may be ``0x`` and hex digits.

        Raises:
            ValueError: When the text is no SID.
        """
        found = _SID.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no SID: write it as S-1-5-21-1-2-3-500")
        parts = found[2].split("-")[1:]
        return cls(1, _number(found[1]), map(_number, parts))

    @classmethod
    def from_bytes(cls, raw: bytes) -> Sid:
        """Read the binary form: revision, count, authority (big), numbers (little).

        Raises:
            ValueError: When the bytes are no SID.
        """
        if len(raw) < _SID_HEADER or len(raw) != _SID_HEADER + 4 * raw[1]:
            raise ValueError(f"{len(raw)} bytes are no SID")
        numbers = (
            int.from_bytes(raw[at : at + 4], "little")
            for at in range(_SID_HEADER, len(raw), 4)
        )
        return cls(raw[0], int.from_bytes(raw[2:8], "big"), numbers)

    def __bytes__(self) -> bytes:
        return b"".join(
            (
                bytes((self.revision, len(self.sub_authorities))),
                self.authority.to_bytes(6, "big"),
                *(number.to_bytes(4, "little") for number in self.sub_authorities),
            )
        )

    def __str__(self) -> str:
        big = self.authority > _UINT32
        authority = f"0x{self.authority:012X}" if big else str(self.authority)
        return "-".join(
            ("S", str(self.revision), authority, *map(str, self.sub_authorities))
        )

    @property
    def rid(self) -> int | None:
        """The relative identifier: the last number, `None` where there is none."""
        return self.sub_authorities[-1] if self.sub_authorities else None

    @property
    def domain(self) -> Sid | None:
        """The domain of an account, ``S-1-5-21-a-b-c``; `None` for any other SID."""
        parts = self.sub_authorities[:_DOMAIN_PARTS]
        if (
            self.authority != _NT_AUTHORITY
            or len(parts) < _DOMAIN_PARTS
            or parts[0] != _ACCOUNT_DOMAIN
        ):
            return None
        return Sid(self.revision, self.authority, parts)


def _as_lines(lines: Iterable[str]) -> tuple[str, ...]:
    if isinstance(lines, str | bytes):
        raise TypeError(
            f"a PostalAddress takes its lines, not {type(lines).__name__}: "
            "PostalAddress(['1234 Main St.', 'Anytown, CA 12345'])"
        )
    kept = tuple(lines)
    for line in kept:
        if not isinstance(line, str):
            raise TypeError(
                f"a line of a PostalAddress is a str, not {type(line).__name__}"
            )
    return kept


@frozen
class PostalAddress:
    r"""The lines of an address (RFC 4517 3.3.28); ``$`` and ``\`` need no escape here.

    Args:
        lines: The lines from the top; the RFC asks for at least one.
    """

    lines: tuple[str, ...] = field(converter=_as_lines)

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def __iter__(self) -> Iterator[str]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)


_BITS = re.compile(r"([01]*)'B")


def split_uid(text: str) -> tuple[str, str | None]:
    r"""Split the text of a Name And Optional UID into its name and its bits.

    Returns:
        The name alone and the bits, `None` where there are none; ``o=a\#'01'B`` has
        none, for its ``#`` is escaped and belongs to the name.
    """
    name, mark, rest = text.rpartition("#'")
    found = _BITS.fullmatch(rest) if mark else None
    if found is None or (len(name) - len(name.rstrip("\\"))) % 2:
        return text, None
    return name, found[1]


def name_and_uid(name: DN) -> tuple[DN, str | None]:
    """Split a Name And Optional UID (RFC 4517 3.3.21) into its DN and its bits.

    A value with a bit string, such as ``cn=a,dc=example#'0101'B``, is an opaque `DN`
    with the whole text; without one it is a plain `DN`.

    Returns:
        The name alone and the bits as a text of 0 and 1, `None` where there are none.
    """
    alone, bits = split_uid(str(name)) if name.is_opaque else ("", None)
    return (name, None) if bits is None else (DN.from_server(alone), bits)
