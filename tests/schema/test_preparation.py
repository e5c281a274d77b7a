"""String preparation: RFC 4518 by its own examples, and the laws of its keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.schema import preparation
from ldapom.schema.preparation import exact_case, ignore_case, numeric, telephone

KEYS = [ignore_case, exact_case, numeric, telephone]
odd = st.text(st.sampled_from("aAbßİıſKΣσς \t\u00a0\u3000\u0301\u0308\u00ad-\u2011"))


def key_of(key: object, text: str) -> str | None:
    """The key of a text, None where a character is prohibited."""
    assert callable(key)
    try:
        return str(key(text.encode()))
    except ValueError:
        return None


@pytest.mark.parametrize("key", KEYS)
@given(text=odd | st.text(st.characters(exclude_categories=["Cs"])))
def test_keys_are_their_own_keys(key: object, text: str) -> None:
    """Preparing twice is preparing once."""
    once = key_of(key, text)
    if once is not None:
        assert key_of(key, once) == once


@given(text=odd)
def test_case_is_ignored(text: str) -> None:
    """Changing the case by Unicode's folding changes no key."""
    assert key_of(ignore_case, text.casefold()) == key_of(ignore_case, text)


@given(text=st.text(st.characters(max_codepoint=127)))
def test_ascii_takes_the_same_way(text: str) -> None:
    """The short way for ASCII gives what the long way gives."""
    joined = f"{text}\u00ad"  # a soft hyphen is nothing, but no ASCII
    for key in KEYS:
        assert key_of(key, text) == key_of(key, joined)
    for fold in (True, False):
        assert preparation.prepare(text.encode(), fold=fold) == preparation.prepare(
            joined.encode(), fold=fold
        )


@given(
    words=st.lists(st.text("abÄß1", min_size=1)),
    gaps=st.lists(st.text(" \t\n\u00a0\u2028\u3000", min_size=1), min_size=8),
)
def test_how_many_spaces_and_which_does_not_matter(
    words: list[str], gaps: list[str]
) -> None:
    """Spaces at the ends count for nothing, others for one."""
    text = "".join(
        f"{gaps[at % len(gaps)]}{word}" for at, word in enumerate([*words, ""])
    )
    assert key_of(exact_case, text) == key_of(exact_case, " ".join(words))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße", "STRASSE"),
        ("Lučić", "LUČIĆ"),
        ("ﬁle", "FILE"),
        ("Ångström", "A\u030angstro\u0308m"),
        ("\u212b", "å"),
        ("ＡＢＣ", "abc"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("a\u00adb", "ab"),
        ("a\u200bb", "ab"),
        ("a\u200db", "ab"),
        ("a\ufe0fb", "ab"),
        ("a\x00b\x7f", "ab"),
        ("a\u0085b", "a b"),
        ("x\u2003y", "x y"),
        ("½", "1⁄2"),
    ],
)
def test_equal_texts(one: str, other: str) -> None:
    """What RFC 4518 maps, folds or normalizes away makes no difference."""
    assert ignore_case(one.encode()) == ignore_case(other.encode())


@pytest.mark.parametrize(
    ("one", "other"),
    [("a b", "ab"), ("a", "ä"), ("a", "а"), ("a-b", "ab"), ("a \u0308b", "a b")],
)
def test_different_texts(one: str, other: str) -> None:
    """Look-alikes and inner spaces make a difference."""
    assert ignore_case(one.encode()) != ignore_case(other.encode())


def test_exact_keeps_case() -> None:
    """Only spacing is insignificant to the exact rules."""
    assert exact_case(b" A  b ") == exact_case(b"A b") != exact_case(b"a b")
    assert exact_case("Ä  b".encode()) == "Ä b"


def test_examples_of_section_2_6() -> None:
    """The examples that RFC 4518 gives for each handling."""
    for portion, result in [
        ("whole", " foo  bar "),
        ("initial", " foo  bar "),
        ("any", "foo  bar "),
        ("final", "foo  bar "),
    ]:
        assert preparation.spaced("foo bar  ", portion) == result  # type: ignore[arg-type]  # a str of the four
    assert numeric(b"  123  456  ") == "123456"
    assert numeric(b"   ") == ""
    assert telephone(b" -123  456 -") == "123456"
    assert telephone("\u2010\u2011\u2212-\ufe63".encode()) == ""


def test_spaces_alone() -> None:
    """A value of spaces is two of them, a part of spaces is one (2.6.1)."""
    assert preparation.spaced("   ", "whole") == "  "
    assert preparation.spaced("   ", "any") == " "
    assert preparation.spaced(" ", "initial") == " "
    assert ignore_case(b"   ") == ignore_case(b"")


def test_a_space_with_a_mark_is_no_space() -> None:
    """It belongs to its word, and so does a hyphen with a mark."""
    assert ignore_case("a  \u0308b ".encode()) == "a  \u0308b"
    assert preparation.spaced(" \u0308a", "any") == " \u0308a"
    assert preparation.spaced("  \u0308a", "any") == "  \u0308a"
    assert telephone("1-\u03082 3-4".encode()) == "1-\u0308234"


@pytest.mark.parametrize(
    "character", ["\ue000", "\ufdd0", "\ufffd", "\uffff", "\U0001fffe", "\U00100000"]
)
def test_prohibited_characters(character: str) -> None:
    """Private, replaced and never assigned characters can not be compared."""
    with pytest.raises(ValueError, match=r"U\+[0-9A-F]+ is prohibited"):
        ignore_case(f"a{character}".encode())


def test_text_that_is_no_utf8() -> None:
    """Latin-1 bytes raise ValueError."""
    for key in KEYS:
        with pytest.raises(ValueError):
            key(b"Vil\xe9m")


def test_newer_characters_are_allowed() -> None:
    """What Unicode assigned after 3.2, such as emoji, compares like other text."""
    assert ignore_case("A 🦊".encode()) == "a 🦊"


def test_every_character_is_its_own_key() -> None:
    """For each character of the first two planes preparing twice is preparing once."""
    for code in range(0x20000):
        text = chr(code)
        if not 0xD800 <= code < 0xE000 and (once := key_of(ignore_case, text)):
            assert key_of(ignore_case, once) == once, hex(code)
