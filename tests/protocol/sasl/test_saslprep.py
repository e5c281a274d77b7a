"""SASLprep: the examples of RFC 4013, and another implementation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scramp import ScramException
from scramp import utils as other

from ldapom.protocol.sasl.saslprep import saslprep


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("I\u00adX", "IX"),
        ("user", "user"),
        ("USER", "USER"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        ("", ""),
        ("a\u00a0b\u3000c", "a b c"),
        ("\ufb01sh", "fish"),
        ("\u0627\u0031\u0628", "\u06271\u0628"),
    ],
)
def test_examples(text: str, prepared: str) -> None:
    """RFC 4013 3, and one for each kind of mapping."""
    assert saslprep(text) == prepared


@pytest.mark.parametrize(
    "text",
    ["\u0007", "\u0627\u0031", "\U0001f600", "\u0627a\u0627", "\ue000", "\u200e"],
)
def test_prohibited(text: str) -> None:
    """RFC 4013 2.3 to 2.5; the error does not show the text around."""
    with pytest.raises(ValueError, match="SASLprep prohibits") as caught:
        saslprep(f"hidden{text}" if text == "\u0007" else text)
    assert "hidden" not in str(caught.value)


@given(st.text(max_size=12))
def test_agreement(text: str) -> None:
    """The package ``scramp`` prepares and prohibits the same."""
    try:
        expected = other.saslprep(text)
    except ScramException:
        with pytest.raises(ValueError):
            saslprep(text)
    else:
        assert saslprep(text) == expected
