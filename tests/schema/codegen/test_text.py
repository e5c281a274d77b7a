"""Foreign text in generated code: it keeps its value, shows itself, does nothing."""

from __future__ import annotations

import ast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ldapom.schema.codegen import text

ANY = st.text(st.characters(), max_size=60)
NASTY = (
    '"""',
    '"',
    "\\",
    '\\"""\\',
    "a\nb",
    "\x00\x1b[31m",
    "\u202eevil",
    "\udce9",
    "x" * 200,
    "'\"'\"",
)


@given(ANY)
@example('""" + __import__("os").system("true") + """')
@example("\\")
@example("\ud800")
def test_literal_keeps_the_value(value: str) -> None:
    """A literal evaluates to exactly the text it was made of, and is printable ASCII-safe."""
    written = text.literal(value)

    assert ast.literal_eval(written) == value
    assert written.isprintable()


@given(st.lists(ANY, min_size=1, max_size=4))
@example(list(NASTY))
def test_docstring_shows_all_and_ends_nowhere(paragraphs: list[str]) -> None:
    """A docstring is one string that holds every paragraph's visible words, no more."""
    shown = [text.visible(p) for p in paragraphs if text.visible(p)]
    if not shown:
        return
    lines = text.docstring(shown, "    ")
    code = "class A:\n" + "\n".join(lines) + "\n"

    body = ast.parse(code).body[0]

    assert isinstance(body, ast.ClassDef)
    assert len(body.body) == 1
    found = ast.get_docstring(body) or ""
    assert found.split() == " ".join(shown).split()
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("value", NASTY)
def test_visible_is_one_printable_line(value: str) -> None:
    """Control, format and lone surrogate characters are shown as escapes."""
    assert text.visible(value).isprintable()


def test_visible_folds_white_space() -> None:
    """White space of any sort, line ends among it, is one blank."""
    assert text.visible(" a\n\t b\u2028c\x0b ") == "a b c"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", '"plain"'),
        ('say "x"', "'say \"x\"'"),
        ("it's", '"it\'s"'),
        ("ä", '"ä"'),
    ],
)
def test_literal_prefers_the_quotes_of_ruff(value: str, written: str) -> None:
    """Double quotes, unless single ones need fewer escapes."""
    assert text.literal(value) == written


def test_columns_count_wide_and_combining_characters() -> None:
    """A wide character takes two columns and a combining one none."""
    assert [text.columns(t) for t in ("ab", "你好", "e\u0301")] == [2, 4, 1]


def test_sentence_ends_once() -> None:
    """A full stop is added only where no mark ends the text."""
    assert [text.sentence(t) for t in ("a", "b.", "c!", "d ")] == [
        "a.",
        "b.",
        "c!",
        "d.",
    ]
