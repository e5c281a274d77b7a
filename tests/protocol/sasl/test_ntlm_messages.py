"""The messages of NTLM: known octets, both ways, and what hostile peers send."""

from __future__ import annotations

from typing import Final

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import RemoteProtocolError
from ldapom.protocol.sasl._ntlm_messages import (
    Authenticate,
    AvId,
    Challenge,
    Flag,
    Negotiate,
    read_pairs,
    write_pairs,
)

#: MS-NLMP 4.2.4.3.
CHALLENGE: Final = bytes.fromhex(
    "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef0000000000000000"
    "2400240044000000060070170000000f53006500720076006500720002000c0044006f006d006100"
    "69006e0001000c0053006500720076006500720000000000"
)
AUTHENTICATE: Final = bytes.fromhex(
    "4e544c4d5353500003000000180018006c00000054005400840000000c000c004800000008000800"
    "54000000100010005c00000010001000d8000000358288e20501280a0000000f44006f006d006100"
    "69006e00550073006500720043004f004d005000550054004500520086c35097ac9cec1025547"
    "64a57cccc19aaaaaaaaaaaaaaaa68cd0ab851e51c96aabc927bebef6a1c010100000000000000000"
    "00000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e0001000c0053006"
    "50072007600650072000000000000000000c5dad2544fc9799094ce1ce90bc9d03e"
)
BOTH_NAMES: Final = (
    (AvId.domain_name, "Domain".encode("utf-16-le")),
    (AvId.computer_name, "Server".encode("utf-16-le")),
)

text = st.text(max_size=20).map(lambda text: text.replace("\0", ""))
pairs = st.lists(
    st.tuples(st.integers(1, 0xFFFF), st.binary(max_size=40)), max_size=5
).map(tuple)
unicode = st.integers(0, 0xFFFFFFFF).map(lambda flags: flags | Flag.unicode)


def test_challenge() -> None:
    """The published message is read whole."""
    found = Challenge.unpack(CHALLENGE)
    assert found.flags == 0xE28A8233
    assert found.server_challenge.hex() == "0123456789abcdef"
    assert found.target_name == "Server"
    assert found.pairs == BOTH_NAMES
    assert found.pair(AvId.domain_name) == "Domain".encode("utf-16-le")
    assert found.pair(AvId.timestamp) is None


def test_authenticate() -> None:
    """The published message is read, and written octet by octet."""
    found = Authenticate.unpack(AUTHENTICATE)
    assert (found.domain, found.user, found.workstation) == (
        *("Domain", "User", "COMPUTER"),
    )
    assert found.flags == 0xE2888235
    assert found.session_key.hex() == "c5dad2544fc9799094ce1ce90bc9d03e"
    assert evolve(found, mic=None).pack() == AUTHENTICATE


@given(st.integers(0, 0xFFFFFFFF))
def test_negotiate_comes_back(flags: int) -> None:
    """What is written is read."""
    assert Negotiate.unpack(Negotiate(flags).pack()) == Negotiate(flags)


@given(unicode, st.binary(min_size=8, max_size=8), text, pairs)
def test_challenge_comes_back(
    flags: int, nonce: bytes, name: str, found: tuple[tuple[int, bytes], ...]
) -> None:
    """What is written is read."""
    flags |= Flag.target_info | Flag.target_type_domain
    challenge = Challenge(flags, nonce, name, found)
    assert Challenge.unpack(challenge.pack()) == challenge


@given(unicode, text, text, st.binary(max_size=60), st.binary(max_size=16))
def test_authenticate_comes_back(
    flags: int, domain: str, user: str, response: bytes, key: bytes
) -> None:
    """What is written is read."""
    message = Authenticate(
        flags, domain, user, response, session_key=key, mic=bytes(range(16))
    )
    assert Authenticate.unpack(message.pack()) == message


@given(pairs)
def test_pairs_come_back(found: tuple[tuple[int, bytes], ...]) -> None:
    """What is written is read, and the end ends it."""
    assert read_pairs(write_pairs(found)) == found
    assert read_pairs(write_pairs(found) + b"more") == found


@given(st.integers(0, len(CHALLENGE) - 1))
def test_cut_off(length: int) -> None:
    """A message that is cut off is refused, wherever."""
    with pytest.raises(RemoteProtocolError, match="NTLM"):
        Challenge.unpack(CHALLENGE[:length])


@given(st.integers(12, len(CHALLENGE) - 1), st.integers(0, 255))
def test_changed(at: int, value: int) -> None:
    """A message with any octet changed is read or refused, nothing else."""
    data = CHALLENGE[:at] + bytes((value,)) + CHALLENGE[at + 1 :]
    try:
        found = Challenge.unpack(data)
    except RemoteProtocolError:
        return
    assert len(found.server_challenge) == 8


@given(st.binary(max_size=200))
def test_anything(data: bytes) -> None:
    """Any octets are refused by an error of ours."""
    for kind in (Negotiate, Challenge, Authenticate):
        with pytest.raises(RemoteProtocolError):
            kind.unpack(data)


def test_text_has_to_be_unicode() -> None:
    """A peer that writes in a code page is refused, and so is broken UTF-16."""
    plain = evolve(Challenge.unpack(CHALLENGE), flags=0xE28A8232)
    with pytest.raises(RemoteProtocolError, match="Unicode"):
        Challenge.unpack(plain.pack())
    broken = CHALLENGE.replace(b"S\0e\0r\0v\0e\0r\0\x02", b"\0\xd8e\0r\0v\0e\0r\0\x02")
    with pytest.raises(RemoteProtocolError, match="UTF-16"):
        Challenge.unpack(broken)


def test_proofs_are_hidden() -> None:
    """The repr shows no proof and no key."""
    shown = repr(Authenticate.unpack(AUTHENTICATE))
    assert "68cd" not in shown.lower()
    assert r"\xda\xd2" not in shown
    assert "16 bytes hidden" in shown
