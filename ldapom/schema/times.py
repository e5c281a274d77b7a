"""Times as directories write them, to and from aware datetimes in UTC.

1. What is read is UTC; what is written ends in ``Z``. A naive datetime is refused:
   which zone it means can only be guessed.
2. A Generalized Time without a zone is refused for the same reason, as RFC 4517 does.
   A UTC Time without one is legal, if discouraged, and is read as UTC.
3. Times outside the years 1 to 9999 become `NEVER` or `DISTANT_PAST`; digits beyond
   the microsecond are cut off. Who needs them reads the raw bytes.
4. An Active Directory time counts 100 ns from 1601. 2**63-1 reads as `NEVER`, -1 as
   `SERVER_NOW`; `NEVER` writes 2**63-1, `DISTANT_PAST` writes 0, `SERVER_NOW` writes
   -1. What 0 reads as is a matter of the attribute: an account that expires at 0 is
   one that expires `NEVER`, but a logon or lockout at 0 has not been yet, and compares
   as `DISTANT_PAST`: earlier than every time, as it does on the server.
5. An Active Directory interval is the negative count of 100 ns; -(2**63) is `FOREVER`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from ldapom.schema.values import DISTANT_PAST, FOREVER, NEVER, SERVER_NOW

# GeneralizedTime = century year month day hour
#                      [ minute [ second / leap-second ] ] [ fraction ] g-time-zone
_GENERALIZED_TIME: Final = re.compile(
    rb"([0-9]{4})([0-9]{2})([0-9]{2})([01][0-9]|2[0-3])"
    rb"(?:([0-5][0-9])([0-5][0-9]|60)?)?"
    rb"(?:[.,]([0-9]+))?"
    rb"(?:Z|([+-])([01][0-9]|2[0-3])([0-5][0-9])?)"
)

# UTCTime = year month day hour minute [ second ] [ u-time-zone ]
_UTC_TIME: Final = re.compile(
    rb"([0-9]{2})([0-9]{2})([0-9]{2})([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9])?"
    rb"(?:Z|([+-])([01][0-9]|2[0-3])([0-5][0-9]))?"
)

_TICKS: Final = re.compile(rb"0|-?[1-9][0-9]{0,18}")

#: In UTC Time 50 to 99 are 1950 to 1999 (X.509, RFC 5280 4.1.2.5.1).
_FIRST_SHORT_YEAR: Final = 1950
_LAST_SHORT_YEAR: Final = 2049

_MICROSECOND: Final = timedelta(microseconds=1)
_MINUTE: Final = timedelta(minutes=1)
_TICKS_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
_INT64_MAX: Final = 2**63 - 1
_INT64_MIN: Final = -(2**63)

#: More digits of a fraction than this are not looked at.
_FRACTION_DIGITS: Final = 30
_WHOLE: Final = 10**_FRACTION_DIGITS
#: Of YYYYMMDDhhmmssZ.
_USUAL_LENGTH: Final = 15
#: Year 0 has the calendar of the year 400.
_LEAP_CYCLE: Final = 400
_DAYS_OF_CYCLE: Final = 146_097
_MINUTES_OF_DAY: Final = 24 * 60


def decode_generalized_time(raw: bytes) -> datetime:
    """Read a Generalized Time (RFC 4517 3.3.13); second 60 is the next minute's 0.

    Raises:
        ValueError: When the bytes are no Generalized Time, or name no zone.
    """
    if len(raw) == _USUAL_LENGTH and raw[:14].isdigit():
        usual = _usual_time(raw)
        if usual is not None:
            return usual
    parts = _parts(raw)
    if not parts.year:
        return DISTANT_PAST
    late = timedelta(microseconds=parts.late * 1_000_000 // _WHOLE)
    return _in_utc(parts.minute, late - parts.offset)


def instant(raw: bytes) -> tuple[int, int]:
    """Give what two values of a Generalized Time have in common that are one moment.

    It sorts like time, and is exact where a datetime is not: for digits beyond the
    microsecond (the first 30 count), for times outside the years 1 to 9999, and for
    second 60, which comes before the next minute.

    Returns:
        The minute in UTC, and the time in it.

    Raises:
        ValueError: When the bytes are no Generalized Time, or name no zone.
    """
    if len(raw) == _USUAL_LENGTH and raw[:14].isdigit():
        usual = _usual_time(raw)
        if usual is not None:
            days, seconds = usual.toordinal(), usual.second
            minutes = days * _MINUTES_OF_DAY + usual.hour * 60 + usual.minute
            return minutes, seconds * _WHOLE
    parts = _parts(raw)
    minute = parts.minute
    days = minute.toordinal() - (0 if parts.year else _DAYS_OF_CYCLE)
    minutes = days * _MINUTES_OF_DAY + minute.hour * 60 + minute.minute
    minutes -= parts.offset // _MINUTE
    if parts.is_hour:
        more, late = divmod(parts.late, 60 * _WHOLE)
        return minutes + more, late
    return minutes, parts.late


class _Parts(NamedTuple):
    """What a Generalized Time says.

    Attributes:
        year: Its year, 0 to 9999.
        minute: Its minute, in the year 400 for the year 0; the zone is `offset`.
        late: How much later it is, in units of `_WHOLE` a second.
        offset: How far its zone is ahead of UTC.
        is_hour: Whether it names no minute: `late` is of an hour then.
    """

    year: int
    minute: datetime
    late: int
    offset: timedelta
    is_hour: bool


def _parts(raw: bytes) -> _Parts:
    found = _GENERALIZED_TIME.fullmatch(raw)
    if found is None:
        raise ValueError(_no_generalized_time(raw))
    year, month, day, hour, minute, second, fraction, sign, *zone = found.groups()
    number = int(year)
    date = (number or _LEAP_CYCLE, int(month), int(day))
    start = _moment(raw, "Generalized Time", (*date, int(hour), int(minute or 0)))
    unit = 1 if second else 60 if minute else 3600
    late = int(second or 0) * _WHOLE + unit * _fraction(fraction)
    return _Parts(number, start, late, _offset(sign, *zone), minute is None)


def _usual_time(raw: bytes) -> datetime | None:
    """Read YYYYMMDDhhmmssZ at a fifth of the cost; None where it needs a closer look.

    Newer Pythons take hour 24 for the next midnight, which RFC 4517 does not allow.
    """
    if raw[14:] != b"Z" or raw[8:10] > b"23":
        return None
    try:
        return datetime.fromisoformat(f"{raw[:8].decode()}T{raw[8:].decode()}")
    except ValueError:
        return None


def _no_generalized_time(raw: bytes) -> str:
    shown = repr(raw[:40])[1:]
    if _GENERALIZED_TIME.fullmatch(raw + b"Z"):
        return f"{shown} names no time zone: a Generalized Time ends in Z or an offset"
    return f"{shown} is no Generalized Time: it looks like 20240131235959Z"


def _moment(raw: bytes, name: str, parts: tuple[int, int, int, int, int]) -> datetime:
    """Make the minute that a value names; the error says what no calendar has."""
    try:
        return datetime(*parts, tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"{repr(raw[:40])[1:]} is no {name}: {error}") from None


def _fraction(digits: bytes | None) -> int:
    """Turn the digits of a fraction into units of `_WHOLE`."""
    return int(digits[:_FRACTION_DIGITS].ljust(_FRACTION_DIGITS, b"0")) if digits else 0


def _offset(
    sign: bytes | None, hours: bytes | None, minutes: bytes | None
) -> timedelta:
    if sign is None:
        return timedelta()
    size = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    return -size if sign == b"-" else size


def _in_utc(moment: datetime, shift: timedelta) -> datetime:
    try:
        return moment + shift
    except OverflowError:
        return NEVER if shift > timedelta() else DISTANT_PAST


def encode_generalized_time(moment: datetime) -> bytes:
    """Write a Generalized Time in UTC, with a fraction only where there is one.

    Raises:
        ValueError: When `moment` is naive, or leaves the years 1 to 9999 in UTC.
    """
    moment = as_utc(moment)
    text = (
        f"{moment.year:04}{moment.month:02}{moment.day:02}"
        f"{moment.hour:02}{moment.minute:02}{moment.second:02}"
    )
    if moment.microsecond:
        text += f".{moment.microsecond:06}".rstrip("0")
    return f"{text}Z".encode("ascii")


def encode_ad_generalized_time(moment: datetime) -> bytes:
    """Write a Generalized Time as Active Directory does: always with a fraction.

    ``20240131235959.0Z`` is the one form that all its versions take in filters.

    Raises:
        ValueError: When `moment` is naive, or leaves the years 1 to 9999 in UTC.
    """
    raw = encode_generalized_time(moment)
    return raw if b"." in raw else raw[:-1] + b".0Z"


def encode_locked_time(moment: datetime) -> bytes:
    """Write since when an account is locked; `DISTANT_PAST` locks it for good.

    Password policies (draft-behera-ldap-password-policy 5.3.3) have a text of their own
    for that, which servers look for: ``000001010000Z``.

    Raises:
        ValueError: When `moment` is naive, or leaves the years 1 to 9999 in UTC.
    """
    if moment == DISTANT_PAST:
        return b"000001010000Z"
    return encode_generalized_time(moment)


def as_utc(moment: datetime) -> datetime:
    """Give the same moment in UTC.

    Raises:
        ValueError: When `moment` is naive, or leaves the years 1 to 9999 in UTC.
    """
    if moment.tzinfo is UTC:
        return moment
    if moment.utcoffset() is None:
        raise ValueError(
            f"{moment.isoformat()} has no time zone: "
            "use datetime.now(UTC), or .replace(tzinfo=UTC), or .astimezone()"
        )
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(
            f"{moment.isoformat()} is outside the years 1 to 9999 in UTC: "
            "use NEVER or DISTANT_PAST"
        ) from None


def decode_utc_time(raw: bytes) -> datetime:
    """Read a UTC Time (RFC 4517 3.3.34); 50 to 99 are the years 1950 to 1999.

    Raises:
        ValueError: When the bytes are no UTC Time.
    """
    found = _UTC_TIME.fullmatch(raw)
    if found is None:
        shown = repr(raw[:40])[1:]
        raise ValueError(f"{shown} is no UTC Time: it looks like 240131235959Z")
    short, month, day, hour, minute, second, sign, *zone = found.groups()
    year = 2000 + int(short)
    if year > _LAST_SHORT_YEAR:
        year -= 100
    moment = _moment(
        raw, "UTC Time", (year, int(month), int(day), int(hour), int(minute))
    )
    return _in_utc(moment, timedelta(seconds=int(second or 0)) - _offset(sign, *zone))


def encode_utc_time(moment: datetime) -> bytes:
    """Write a UTC Time.

    Raises:
        ValueError: When `moment` is naive, outside 1950 to 2049, or has a fraction.
    """
    moment = as_utc(moment)
    if not _FIRST_SHORT_YEAR <= moment.year <= _LAST_SHORT_YEAR:
        raise ValueError(
            f"a UTC Time is between 1950 and 2049, not in {moment.year}: "
            "it has two digits for the year"
        )
    if moment.microsecond:
        raise ValueError(
            f"a UTC Time has no fractions of a second, {moment.isoformat()} has: "
            "use .replace(microsecond=0)"
        )
    return f"{moment:%y%m%d%H%M%SZ}".encode("ascii")


def _ticks(raw: bytes, name: str) -> int:
    if _TICKS.fullmatch(raw) is None or not _INT64_MIN <= int(raw) <= _INT64_MAX:
        raise ValueError(f"{repr(raw[:40])[1:]} is no {name}: it is a 64-bit integer")
    return int(raw)


def decode_ad_time(raw: bytes) -> datetime:
    """Read an Active Directory time: 100 ns since 1601, 0 and 2**63-1 are `NEVER`.

    Raises:
        ValueError: When the bytes are no 64-bit integer.
    """
    ticks = _ticks(raw, "AD Time")
    if ticks == -1:
        return SERVER_NOW
    if ticks in {0, _INT64_MAX}:
        return NEVER
    try:
        return _TICKS_EPOCH + timedelta(microseconds=ticks // 10)
    except OverflowError:
        return NEVER if ticks > 0 else DISTANT_PAST


def decode_ad_past_time(raw: bytes) -> datetime:
    """Read when something was: like `decode_ad_time`, but 0 is `DISTANT_PAST`.

    Raises:
        ValueError: When the bytes are no 64-bit integer.
    """
    return DISTANT_PAST if raw == b"0" else decode_ad_time(raw)


_TICKS_OF_SENTINELS: Final = {
    NEVER: b"%d" % _INT64_MAX,
    DISTANT_PAST: b"0",
    SERVER_NOW: b"-1",
}


def encode_ad_time(moment: datetime) -> bytes:
    """Write an Active Directory time; rule 4 says what the sentinels write.

    Raises:
        ValueError: When `moment` is naive, or leaves the years 1 to 9999 in UTC.
    """
    moment = as_utc(moment)
    special = _TICKS_OF_SENTINELS.get(moment)
    if special is not None:
        return special
    return b"%d" % ((moment - _TICKS_EPOCH) // _MICROSECOND * 10)


def decode_ad_interval(raw: bytes) -> timedelta:
    """Read an Active Directory interval: minus 100 ns units, -(2**63) is `FOREVER`.

    Raises:
        ValueError: When the bytes are no 64-bit integer.
    """
    ticks = _ticks(raw, "AD Interval")
    if ticks == _INT64_MIN:
        return FOREVER
    # Towards zero, so that what is read can be written.
    microseconds = -ticks // 10 if ticks < 0 else -(ticks // 10)
    return timedelta(microseconds=microseconds)


def encode_ad_interval(interval: timedelta) -> bytes:
    """Write an Active Directory interval.

    Raises:
        ValueError: When `interval` is not `FOREVER` and does not fit into 64 bits.
    """
    if interval == FOREVER:
        return b"%d" % _INT64_MIN
    ticks = interval // _MICROSECOND * -10
    if not _INT64_MIN < ticks <= _INT64_MAX:
        raise ValueError(f"{interval} does not fit into 64 bits: use FOREVER")
    return b"%d" % ticks
