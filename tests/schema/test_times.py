"""Generalized Time, UTC Time, and Active Directory's times and intervals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.schema import times
from ldapom.schema.values import DISTANT_PAST, FOREVER, NEVER, SERVER_NOW

if TYPE_CHECKING:
    from collections.abc import Callable

moments = st.datetimes(timezones=st.just(UTC))
zones = st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m)))


def utc(*parts: int) -> datetime:
    """A moment in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # numbers only


def naive(*parts: int) -> datetime:
    """A moment of no zone, as bounds are given."""
    return utc(*parts).replace(tzinfo=None)


READ = {
    "199412161032Z": utc(1994, 12, 16, 10, 32),
    "199412160532-0500": utc(1994, 12, 16, 10, 32),
    "16010101000000.0Z": utc(1601, 1, 1),
    "18991231235959Z": utc(1899, 12, 31, 23, 59, 59),
    "2010093022Z": utc(2010, 9, 30, 22),
    "2010093022.5Z": utc(2010, 9, 30, 22, 30),
    "2010093022,25Z": utc(2010, 9, 30, 22, 15),
    "201009302210.5Z": utc(2010, 9, 30, 22, 10, 30),
    "20180208181004.948468Z": utc(2018, 2, 8, 18, 10, 4, 948468),
    "20180208181004.9484689999Z": utc(2018, 2, 8, 18, 10, 4, 948468),
    "20180208181004." + "9" * 5000 + "Z": utc(2018, 2, 8, 18, 10, 4, 999999),
    "20230101120000,5+0530": utc(2023, 1, 1, 6, 30, 0, 500000),
    "20230101120000+05": utc(2023, 1, 1, 7),
    "20230101003000+2359": utc(2022, 12, 31, 0, 31),
    "20161231235960Z": utc(2017, 1, 1),
    "20161231235960.5Z": utc(2017, 1, 1, 0, 0, 0, 500000),
    "20240229000000Z": utc(2024, 2, 29),
    "99991231235959Z": utc(9999, 12, 31, 23, 59, 59),
    "99991231235959-0100": NEVER,
    "99991231235960Z": NEVER,
    "00010101000000+0100": DISTANT_PAST,
    "00000101000000Z": DISTANT_PAST,
    "00000229120000Z": DISTANT_PAST,
}


@pytest.mark.parametrize(("text", "moment"), READ.items(), ids=lambda v: str(v)[:30])
def test_generalized_time_reads_every_form(text: str, moment: datetime) -> None:
    """Fractions of hours, minutes and seconds, offsets, leap seconds, far years."""
    read = times.decode_generalized_time(text.encode())
    assert read == moment
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Z",
        "1970-01-01",
        "20240101",
        "2024010100",
        "20240101000000",
        "20240101000000z",
        "20240101000000ZZ",
        "20240101000000Z\n",
        " 20240101000000Z",
        "20240101000000.Z",
        "20240101000000.5",
        "20240101000000+",
        "20240101000000+1",
        "20240101000000+0060",
        "20240101000000+2400",
        "20240101240000Z",
        "20240101006000Z",
        "2024W010000000Z",
        "20240101000000X",
        "20240101000061Z",
        "2024010100 000Z",
        "20241301000000Z",
        "20240001000000Z",
        "20240132000000Z",
        "20230229000000Z",
        "00001301000000Z",
        "-0010101000000Z",
        "٢٠٢٤٠١٠١٠٠٠٠٠٠Z",
    ],
)
def test_generalized_time_refuses_junk(text: str) -> None:
    """What RFC 4517 3.3.13 does not allow raises ValueError."""
    with pytest.raises(ValueError):
        times.decode_generalized_time(text.encode())


def test_generalized_time_without_zone_says_so() -> None:
    """A local time is not guessed to be UTC; the message names what is missing."""
    with pytest.raises(ValueError, match="names no time zone"):
        times.decode_generalized_time(b"20240101000000")


@given(st.binary(max_size=24) | st.from_regex(r"[0-9]{8,16}[.,]?[0-9]*[Z+-][0-9]{0,4}"))
def test_generalized_time_of_anything(value: bytes | str) -> None:
    """Any bytes are an aware datetime or a ValueError."""
    raw = value.encode() if isinstance(value, str) else value
    try:
        moment = times.decode_generalized_time(raw)
    except ValueError:
        return
    assert moment.tzinfo is UTC


@given(st.from_regex(rb"[0-9]{14}", fullmatch=True))
def test_the_usual_form_reads_like_any_other(digits: bytes) -> None:
    """The short way for YYYYMMDDhhmmssZ gives what the long way gives."""
    results: list[datetime | None] = []
    for ending in (b"Z", b".0Z", b"+0000"):
        try:
            results.append(times.decode_generalized_time(digits + ending))
        except ValueError:
            results.append(None)
    assert results[0] == results[1] == results[2]


@given(moments)
def test_generalized_time_survives(moment: datetime) -> None:
    """Every moment Python knows is written and read back the same."""
    raw = times.encode_generalized_time(moment)
    assert times.decode_generalized_time(raw) == moment
    assert times.encode_generalized_time(times.decode_generalized_time(raw)) == raw


@given(st.datetimes(naive(2, 1, 1), naive(9998, 12, 31), timezones=zones))
def test_generalized_time_is_written_in_utc(moment: datetime) -> None:
    """A moment in any zone is written as the same instant with Z."""
    raw = times.encode_generalized_time(moment)
    assert raw.endswith(b"Z")
    assert times.decode_generalized_time(raw) == moment


@pytest.mark.parametrize(
    ("moment", "raw"),
    [
        (utc(2024, 1, 31, 23, 59, 58), b"20240131235958Z"),
        (utc(2024, 1, 31, 23, 59, 58, 500000), b"20240131235958.5Z"),
        (utc(2024, 1, 31, 23, 59, 58, 1), b"20240131235958.000001Z"),
        (utc(7, 1, 2), b"00070102000000Z"),
        (NEVER, b"99991231235959.999999Z"),
        (DISTANT_PAST, b"00010101000000Z"),
    ],
)
def test_generalized_time_is_written_short(moment: datetime, raw: bytes) -> None:
    """Four digits of year, a fraction only where there is one, sentinels too."""
    assert times.encode_generalized_time(moment) == raw


ENCODERS = [
    times.encode_generalized_time,
    times.encode_utc_time,
    times.encode_ad_time,
]


@pytest.mark.parametrize("encode", ENCODERS)
def test_naive_moments_are_refused_with_a_remedy(encode: object) -> None:
    """Which zone a naive datetime means can only be guessed."""
    assert callable(encode)
    with pytest.raises(ValueError, match=r"now\(UTC\)"):
        encode(naive(2024, 1, 1))


@pytest.mark.parametrize("encode", ENCODERS)
def test_moments_outside_the_calendar_are_refused(encode: object) -> None:
    """A moment that is in the year 0 or 10000 in UTC raises ValueError."""
    assert callable(encode)
    east = timezone(timedelta(hours=14))
    with pytest.raises(ValueError, match="years 1 to 9999"):
        encode(datetime(1, 1, 1, tzinfo=east))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("9412161032Z", utc(1994, 12, 16, 10, 32)),
        ("941216103215Z", utc(1994, 12, 16, 10, 32, 15)),
        ("9412160532-0500", utc(1994, 12, 16, 10, 32)),
        ("5001010000Z", utc(1950, 1, 1)),
        ("491231235959Z", utc(2049, 12, 31, 23, 59, 59)),
        ("0001010000", utc(2000, 1, 1)),
    ],
)
def test_utc_time_reads_every_form(text: str, moment: datetime) -> None:
    """Two digits of year stand for 1950 to 2049; seconds and zone may be absent."""
    assert times.decode_utc_time(text.encode()) == moment


@pytest.mark.parametrize(
    "text", ["", "94121610Z", "9412161032.5Z", "9413161032Z", "19941216103215Z", "x"]
)
def test_utc_time_refuses_junk(text: str) -> None:
    """What RFC 4517 3.3.34 does not allow raises ValueError."""
    with pytest.raises(ValueError):
        times.decode_utc_time(text.encode())


@given(st.datetimes(naive(1950, 1, 1), naive(2049, 12, 31), timezones=zones))
def test_utc_time_survives(moment: datetime) -> None:
    """Every whole second of its century is written and read back."""
    moment = moment.astimezone(UTC).replace(microsecond=0)
    if not 1950 <= moment.year <= 2049:
        return
    assert times.decode_utc_time(times.encode_utc_time(moment)) == moment


@pytest.mark.parametrize(
    "moment", [utc(1949, 12, 31), utc(2050, 1, 1), utc(2024, 1, 1, 0, 0, 0, 1), NEVER]
)
def test_utc_time_refuses_what_it_can_not_say(moment: datetime) -> None:
    """Other centuries and fractions raise ValueError."""
    with pytest.raises(ValueError, match="UTC Time"):
        times.encode_utc_time(moment)


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        (b"0", NEVER),
        (b"9223372036854775807", NEVER),
        (b"9223372036854775806", NEVER),
        (b"2650467743990000000", utc(9999, 12, 31, 23, 59, 59)),
        (b"2650467744000000000", NEVER),
        (b"-1", SERVER_NOW),
        (b"-9223372036854775808", DISTANT_PAST),
        (b"116444736000000000", utc(1970, 1, 1)),
        (b"128271382742968750", utc(2007, 6, 24, 5, 57, 54, 296875)),
        (b"10000000", utc(1601, 1, 1, 0, 0, 1)),
        (b"-10000000", utc(1600, 12, 31, 23, 59, 59)),
    ],
)
def test_ad_time_reads_sentinels_and_ticks(raw: bytes, moment: datetime) -> None:
    """0 and the largest number are NEVER, beyond the calendar is a sentinel."""
    assert times.decode_ad_time(raw) == moment


@pytest.mark.parametrize(
    ("moment", "raw"),
    [
        (NEVER, b"9223372036854775807"),
        (DISTANT_PAST, b"0"),
        (SERVER_NOW, b"-1"),
        (utc(9999, 12, 31, 23, 59, 59), b"2650467743990000000"),
        (
            datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
            b"116444736000000000",
        ),
    ],
)
def test_ad_time_writes_sentinels_and_ticks(moment: datetime, raw: bytes) -> None:
    """`pwdLastSet` can be written 0 and -1, `lockoutTime` 0, `accountExpires` never."""
    assert times.encode_ad_time(moment) == raw


@pytest.mark.parametrize("raw", [b"0", b"-1", b"9223372036854775807", b"10000000"])
def test_what_has_not_been_yet_is_earlier_than_every_time(raw: bytes) -> None:
    """A logon or lockout at 0 sorts as on the server, and is written as it came."""
    moment = times.decode_ad_past_time(raw)
    assert times.encode_ad_time(moment) == raw
    assert (moment < utc(1, 1, 1, 0, 0, 1)) == (raw in {b"0", b"-1"})


@pytest.mark.parametrize(
    ("moment", "raw"),
    [
        (utc(2024, 1, 31, 23, 59, 59), b"20240131235959.0Z"),
        (utc(2024, 1, 31, 23, 59, 59, 120_000), b"20240131235959.12Z"),
        (NEVER, b"99991231235959.999999Z"),
    ],
)
def test_active_directory_wants_a_fraction(moment: datetime, raw: bytes) -> None:
    """A filter on ``whenCreated`` needs the form that all its versions read."""
    assert times.encode_ad_generalized_time(moment) == raw
    assert times.decode_generalized_time(raw) == moment


@given(st.datetimes(naive(1601, 1, 1, 0, 0, 0, 1), timezones=st.just(UTC)))
def test_ad_time_survives(moment: datetime) -> None:
    """Every microsecond since 1601 is written and read back."""
    assert times.decode_ad_time(times.encode_ad_time(moment)) == moment


NO_INT64 = [b"", b"x", b"1.5", b"+1", b"007", b"-0", b" 1", b"9223372036854775808"]


@pytest.mark.parametrize("raw", [*NO_INT64, b"-9223372036854775809", b"9" * 5000])
def test_ad_times_and_intervals_are_64_bit_integers(raw: bytes) -> None:
    """Anything else raises ValueError."""
    with pytest.raises(ValueError, match="AD Time"):
        times.decode_ad_time(raw)
    with pytest.raises(ValueError, match="AD Interval"):
        times.decode_ad_interval(raw)


@pytest.mark.parametrize(
    ("raw", "interval"),
    [
        (b"-9223372036854775808", FOREVER),
        (b"-36288000000000", timedelta(days=42)),
        (b"-18000000000", timedelta(minutes=30)),
        (b"0", timedelta()),
        (b"-10", timedelta(microseconds=1)),
        (b"600000000", timedelta(minutes=-1)),
    ],
)
def test_ad_interval_is_minus_ticks(raw: bytes, interval: timedelta) -> None:
    """Intervals are negative counts of 100 ns, and go back as they came."""
    assert times.decode_ad_interval(raw) == interval
    assert times.encode_ad_interval(interval) == raw


@pytest.mark.parametrize("ticks", [2**63 - 1, 2**63 - 2, -(2**63) + 1, 15, -15])
def test_ad_intervals_finer_than_a_microsecond_can_be_written(ticks: int) -> None:
    """They are cut towards zero, so that what is read always fits."""
    interval = times.decode_ad_interval(b"%d" % ticks)
    assert abs(int(times.encode_ad_interval(interval)) - ticks) < 10


@given(st.timedeltas(timedelta(days=-10_675_000), timedelta(days=10_675_000)))
def test_ad_interval_survives(interval: timedelta) -> None:
    """Every interval that fits is written and read back."""
    assert times.decode_ad_interval(times.encode_ad_interval(interval)) == interval


@pytest.mark.parametrize("days", [-10_675_200, 10_675_200])
def test_ad_interval_refuses_what_does_not_fit(days: int) -> None:
    """An interval of more than 64 bits raises ValueError and names the sentinel."""
    with pytest.raises(ValueError, match="FOREVER"):
        times.encode_ad_interval(timedelta(days=days))


@pytest.mark.parametrize(
    ("decode", "raw"),
    [
        (times.decode_generalized_time, b"20231301000000Z"),
        (times.decode_generalized_time, b"20230230000000Z"),
        (times.decode_utc_time, b"231301000000Z"),
        (times.decode_utc_time, b"230230000000Z"),
    ],
)
def test_days_no_calendar_has(decode: Callable[[bytes], datetime], raw: bytes) -> None:
    """A month or day that does not exist is refused, and the value is named."""
    with pytest.raises(ValueError, match=f"{raw.decode()}.* is no .* Time: "):
        decode(raw)
