"""Which converter an attribute gets, and what it makes of octets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from uuid import UUID

import pytest
from attrs import frozen

from ldapom import NEVER, ConversionError, SchemaError
from ldapom.mapper.classes.convert import converter
from tests.mapper.models import Odd, Shell, read

GUID = bytes.fromhex("2c4f207349b9394ca3ae79fb5119e676")


class Level(IntEnum):
    """A number with a name."""

    low = 1
    high = 2


class Color(StrEnum):
    """A text with a name."""

    red = "red"


@frozen
class Point:
    """A type that nothing knows how to make from a text."""

    x: int


@pytest.mark.parametrize(
    ("python", "attribute", "syntax", "raw", "value"),
    [
        (str, "cn", None, "ü".encode(), "ü"),
        (int, "uidNumber", None, b"-2147483646", -2147483646),
        (bool, "active", None, b"true", True),
        (bytes, "jpegPhoto", "JPEG", b"\xff\xd8", b"\xff\xd8"),
        (datetime, "since", None, b"20240101Z"[:0] + b"20240101000000Z", None),
        (UUID, "entryUUID", None, str(UUID(int=5)).encode(), UUID(int=5)),
        (UUID, "objectGUID", None, GUID, UUID(bytes_le=GUID)),
        (UUID, "GUID", None, GUID, UUID(bytes=GUID)),
        (datetime, "accountExpires", None, b"0", NEVER),
        (timedelta, "lockoutDuration", None, b"-18000000000", timedelta(minutes=30)),
        (int, "accountExpires", "Integer", b"0", 0),
        (str, "x", "1.2.3.4.5", b"a", "a"),
        (Level, "level", None, b"2", Level.high),
        (Color, "color", None, b"red", Color.red),
        (Shell, "loginShell", "IA5 String", b"/bin/bash", Shell.bash),
    ],
)
def test_octets_become_the_type_of_the_class(
    python: type, attribute: str, syntax: str | None, raw: bytes, value: object
) -> None:
    """By the named syntax, what is known of the attribute, or the type's default."""
    found = converter(python, attribute, syntax)
    expected = datetime(2024, 1, 1, tzinfo=UTC) if value is None else value
    assert found.decode(raw) == expected
    assert type(found.decode(raw)) is type(expected)
    if python is not bool and expected is not NEVER:
        assert found.encode(expected) == raw
        assert found.assertion(expected) == raw


def test_a_value_outside_an_enumeration() -> None:
    """It is a value that does not decode: raw, and an error when read."""
    entry = read(Odd, ("loginShell", [b"/bin/zsh"]))
    with pytest.raises(ConversionError, match="zsh"):
        _ = entry.shell
    assert read(Odd, ("loginShell", [b"/usr/bin/fish"])).shell is Shell.fish


def test_a_type_that_can_not_be_made() -> None:
    """The reason is in the error; no other exception escapes."""
    found = converter(Point, "x", None)
    with pytest.raises(ValueError, match="makes no Point"):
        found.decode(b"5")


def test_a_syntax_of_another_type() -> None:
    """It is refused with both names."""
    with pytest.raises(SchemaError, match="'x' are int by their syntax 'Integer'"):
        converter(str, "x", "Integer")


def test_conditions_take_text_as_it_is() -> None:
    """Whether a text can match is the server's word; writing is stricter."""
    found = converter(str, "mail", "IA5 String")
    assert found.assertion("ü") == "ü".encode()
    with pytest.raises(ValueError, match="ASCII"):
        found.encode("ü")
    with pytest.raises(TypeError):
        found.assertion(5)
