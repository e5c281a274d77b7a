"""What a Modify does: values are encoded once, secrets are hidden."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from ldapom.changes import Add, Delete, Increment, Replace, as_value, as_values
from ldapom.dn import DN
from ldapom.schema.values import Sid


def test_values_become_octets() -> None:
    """Text goes as UTF-8, octets as they are; one value needs no list."""
    assert Add("cn", "é").values == (b"\xc3\xa9",)
    assert Add("cn", ["a", b"\xff"]).values == (b"a", b"\xff")
    assert Replace("cn", (text for text in "ab")).values == (b"a", b"b")
    assert Delete("cn").values == ()
    assert Replace("cn", []).values == ()
    assert Replace("cn", "").values == (b"",)


def test_broken_utf8_goes_back_as_it_came() -> None:
    """A surrogate escape is the octet it stands for."""
    assert as_value(b"\xe1".decode("utf-8", "surrogateescape")) == b"\xe1"


@pytest.mark.parametrize("values", [5, True, None, [5], ["a", None], bytearray(b"a")])
def test_other_types_have_no_encoding(values: object) -> None:
    """Numbers and the like need a schema; they are refused by name."""
    with pytest.raises(TypeError, match="a value is str or bytes, not"):
        as_values(values)  # type: ignore[arg-type]  # what the test is about


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (5, b"5"),
        (DN.parse("cn=x"), b"cn=x"),
        (Sid.parse("S-1-5-18"), bytes.fromhex("010100000000000512000000")),
        (UUID(int=1), b"00000000-0000-0000-0000-000000000001"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), b"20260102030405Z"),
    ],
)
def test_the_error_says_how_to_write_it(value: object, written: bytes) -> None:
    """Its remedy is an expression that gives what is sent."""
    with pytest.raises(TypeError, match="; write ") as caught:
        as_value(value)  # type: ignore[arg-type]  # what the test is about
    remedy = str(caught.value).partition("; write ")[2].partition(", or")[0]
    assert as_value(eval(remedy, {"value": value, "UTC": UTC})) == written


def test_an_amount_is_a_number() -> None:
    """An increment takes an integer, negative ones too."""
    assert Increment("uidNumber").amount == 1
    assert Increment("uidNumber", -5).amount == -5
    for amount in ("1", True, 1.5):
        with pytest.raises(TypeError, match="an amount is int, not"):
            Increment("uidNumber", amount)  # type: ignore[arg-type]  # what it is about


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (Add("cn", "a"), "Add('cn', (b'a',))"),
        (Replace("cn", ["a", "b"]), "Replace('cn', (b'a', b'b'))"),
        (Delete("cn"), "Delete('cn', ())"),
        (Increment("n", 2), "Increment(attribute='n', amount=2)"),
    ],
)
def test_repr_makes_the_change_again(change: object, text: str) -> None:
    """``repr`` is an expression for the change."""
    kinds = {kind.__name__: kind for kind in (Add, Delete, Increment, Replace)}

    assert repr(change) == text
    assert eval(text, dict(kinds)) == change


@pytest.mark.parametrize("kind", [Add, Delete, Replace])
@pytest.mark.parametrize("name", ["userPassword", "USERPASSWORD;x", "unicodePwd"])
def test_repr_hides_secrets(kind: type[Add | Delete | Replace], name: str) -> None:
    """Of a secret value ``repr`` shows the length."""
    assert "canary" not in repr(kind(name, ["canary", b"canary"]))
    assert repr(kind(name, "canary")).count("<6 bytes hidden>") == 1


def test_changes_are_values() -> None:
    """Equal changes are equal, of another kind they are not."""
    changes = {Add("cn", "a"), Add("cn", [b"a"]), Delete("cn", "a"), Replace("cn", "a")}

    assert len(changes) == 3


def test_no_error_carries_a_value() -> None:
    """Text that can not be sent may be a password: no error holds it, even inside."""
    with pytest.raises(ValueError, match="position 6") as caught:
        Replace("userPassword", "canary\ud800")

    assert "canary" not in repr(caught.value)
    assert caught.value.__context__ is None
