"""Sid, PostalAddress, the sentinels of time, names with a unique identifier."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from ldapom.dn import DN
from ldapom.schema.values import (
    DISTANT_PAST,
    FOREVER,
    NEVER,
    SERVER_NOW,
    PostalAddress,
    Sid,
    name_and_uid,
)

sids = st.builds(
    Sid,
    st.just(1),
    st.integers(0, 2**48 - 1),
    st.lists(st.integers(0, 2**32 - 1), max_size=15),
)

# [MS-DTYP] 2.4.2 forms with the bytes Windows writes for them.
KNOWN = [
    ("S-1-0-0", "010100000000000000000000"),
    ("S-1-5-32-544", "01020000000000052000000020020000"),
    (
        "S-1-5-21-3623811015-3361044348-30300820-1013",
        "010500000000000515000000c7f7fed77c7755c8945ace01f5030000",
    ),
    ("S-1-5", "0100000000000005"),
    ("S-1-5-" + "-".join(["7"] * 15), "010f000000000005" + "07000000" * 15),
    ("S-1-0xFFFFFFFFFFFF-1", "0101ffffffffffff01000000"),
    ("S-1-0x000100000000", "0100000100000000"),
    ("S-1-4294967295-4294967295", "01010000ffffffffffffffff"),
]


@pytest.mark.parametrize(("text", "octets"), KNOWN)
def test_sid_reads_and_writes_both_forms(text: str, octets: str) -> None:
    """The text and the bytes of a SID are the same value."""
    sid = Sid.parse(text)
    assert sid == Sid.from_bytes(bytes.fromhex(octets))
    assert bytes(sid).hex() == octets
    assert str(sid) == text


@given(sids)
def test_sid_survives_both_forms(sid: Sid) -> None:
    """No SID is lost in its text or its bytes."""
    assert Sid.parse(str(sid)) == sid
    assert Sid.from_bytes(bytes(sid)) == sid


def test_sid_reads_small_letters_and_small_hexadecimal() -> None:
    """The case of the S and of the digits does not matter."""
    assert Sid.parse("s-1-0xffffffffffff-1") == Sid.parse("S-1-0xFFFFFFFFFFFF-1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "S-1",
        "S-1-",
        "S-2-5-32",
        "S-1-5-32-",
        "S-1-5--32",
        "S-1-5-x",
        " S-1-5-32",
        "S-1-5-32\n",
        "S-1-5-4294967296",
        "S-1-0x1000000000000-1",
        "S-1-281474976710656",
        "S-1-5-" + "-".join(["7"] * 16),
        "S-1-٥-32",
    ],
)
def test_sid_refuses_other_text(text: str) -> None:
    """A text that is no SID raises ValueError."""
    with pytest.raises(ValueError):
        Sid.parse(text)


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "01",
        "01010000000000",
        "010100000000000520",
        "01010000000000052000000000",
        "0200000000000005",
        "0110000000000005" + "07000000" * 16,
    ],
)
def test_sid_refuses_other_bytes(octets: str) -> None:
    """Bytes of a wrong length, revision or count raise ValueError."""
    with pytest.raises(ValueError):
        Sid.from_bytes(bytes.fromhex(octets))


@given(st.binary(max_size=80))
def test_sid_bytes_are_a_sid_or_a_value_error(octets: bytes) -> None:
    """Any bytes give a SID that writes them, or ValueError."""
    try:
        sid = Sid.from_bytes(octets)
    except ValueError:
        return
    assert bytes(sid) == octets


@pytest.mark.parametrize(
    "arguments", [(2, 5), (1, -1), (1, 2**48), (1, 5, [2**32]), (1, 5, [-1])]
)
def test_sid_numbers_fit_into_their_places(arguments: tuple[Any, ...]) -> None:
    """A number too big or negative raises ValueError."""
    with pytest.raises(ValueError):
        Sid(*arguments)


def test_sid_names_account_and_domain() -> None:
    """`rid` is the last number, `domain` the SID of an account's domain."""
    account = Sid.parse("S-1-5-21-1-2-3-500")
    assert account.rid == 500
    assert account.domain == Sid.parse("S-1-5-21-1-2-3")
    assert Sid.parse("S-1-5-21-1-2-3").domain == Sid.parse("S-1-5-21-1-2-3")
    assert Sid.parse("S-1-5").rid is None
    for text in ("S-1-5", "S-1-5-32-544", "S-1-5-21-1-2", "S-1-1-21-1-2-3"):
        assert Sid.parse(text).domain is None


def test_sids_sort_by_number() -> None:
    """SIDs order by their numbers, not by their text."""
    texts = ["S-1-5-9", "S-1-5-10", "S-1-5-10-1", "S-1-6"]
    assert [str(sid) for sid in sorted(map(Sid.parse, reversed(texts)))] == texts


@pytest.mark.parametrize(
    "value", [Sid.parse("S-1-5-32-544"), PostalAddress(["a", "b"])]
)
def test_values_are_frozen_hashable_and_pickle(value: Any) -> None:
    """A value equals its copies, is a key, and takes no assignment."""
    for twin in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
        assert twin == value
        assert hash(twin) == hash(value)
    with pytest.raises(FrozenInstanceError):
        value.lines = value.revision = 2
    assert eval(repr(value)) == value


def test_postal_address_is_its_lines() -> None:
    """The lines are a tuple whatever they were, and one text under each other."""
    address = PostalAddress(line for line in ["1234 Main St.", "Anytown, CA 12345"])
    assert address.lines == ("1234 Main St.", "Anytown, CA 12345")
    assert list(address) == ["1234 Main St.", "Anytown, CA 12345"]
    assert len(address) == 2
    assert str(address) == "1234 Main St.\nAnytown, CA 12345"


@pytest.mark.parametrize("lines", ["one line", b"one line", [b"bytes"], [None]])
def test_postal_address_takes_lines_of_text_only(lines: Any) -> None:
    """A single text is not taken for its letters, bytes are not taken for text."""
    with pytest.raises(TypeError):
        PostalAddress(lines)


def test_sentinels_sort_as_they_are_named() -> None:
    """Nothing is later than NEVER, earlier than DISTANT_PAST, longer than FOREVER."""
    now = datetime.now(UTC)
    assert DISTANT_PAST < SERVER_NOW < now < NEVER
    assert timedelta(days=365_000) < FOREVER
    assert all(moment.tzinfo is UTC for moment in (DISTANT_PAST, SERVER_NOW, NEVER))


def test_name_and_uid_splits_the_bits_off() -> None:
    """The bits of a Name And Optional UID come apart from the name."""
    name = DN.opaque("1.3.6.1.4.1.1466.0=#04024869,O=Test,C=GB#'0101'B")
    assert name_and_uid(name) == (
        DN.parse("1.3.6.1.4.1.1466.0=#04024869,O=Test,C=GB"),
        "0101",
    )
    assert name_and_uid(DN.opaque("cn=a#''B")) == (DN.parse("cn=a"), "")


@pytest.mark.parametrize(
    "name", [DN.parse("cn=a,dc=b"), DN.parse("cn=a#'01'B"), DN.opaque("no name")]
)
def test_name_and_uid_leaves_other_names_alone(name: DN) -> None:
    """A name without bits, or one where they are part of a value, stays whole."""
    assert name_and_uid(name) == (name, None)
