"""Annotations become Python types, however they are written."""

# Without the __future__ import: annotations are evaluated here, texts are quoted.
import pytest

from ldapom import Attr, Entry, Many, attribute
from ldapom.mapper.classes import hints
from tests.mapper.models import read


class Evaluated(Entry, object_class="x"):
    """A class whose module does not postpone annotations."""

    one: Attr[int | None] = attribute("one", default=None)
    many: Many[str] = attribute("many", default=())
    quoted: "Many[int]" = attribute("quoted", default=())
    inside: Many["int"] = attribute("inside", default=())


def test_evaluated_annotations() -> None:
    """They mean the same as texts."""
    entry = read(
        Evaluated,
        *((name, [b"5"]) for name in ("one", "many", "quoted", "inside")),
    )
    assert (entry.one, entry.many) == (5, ["5"])
    assert (entry.quoted, entry.inside) == ([5], [5])


@pytest.mark.parametrize(
    ("written", "kind", "text"),
    [
        ("Many[str]", "Many", "str"),
        ("ldapom.Many[ str ]", "Many", "str"),
        ("Attr[str | None]", "Attr", "str | None"),
        ('Attr["str | None"]', "Attr", '"str | None"'),
        ("Attr[typing.Optional[str]]", "Attr", "typing.Optional[str]"),
        (Many[str], "Many", "str"),
        (Attr[str | None], "Attr", "str | None"),
    ],
)
def test_parse(written: object, kind: str, text: str) -> None:
    """Texts and evaluated annotations; ``| None`` is no part of the value's type."""
    import typing

    globals()["typing"] = typing
    found = hints.parse("X.x", __name__, written)
    assert found is not None
    assert (found.kind, found.text, found.value_type()) == (kind, text, str)
    assert found.optional == ("None" in text or "Optional" in text)


@pytest.mark.parametrize("written", ["str", "list[str]", "ManyMore[str]", int, None])
def test_other_annotations_are_none_of_ours(written: object) -> None:
    """Only Attr and Many declare attributes."""
    assert hints.parse("X.x", __name__, written) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [("int | str", "one class"), ("'a' 'b", "evaluated"), ("1 + 1", "one class")],
)
def test_what_is_no_class(text: str, words: str) -> None:
    """The error names class, attribute and annotation."""
    found = hints.parse("X.x", __name__, f"Many[{text}]")
    assert found is not None
    with pytest.raises(TypeError, match=f"X.x.*{words}"):
        found.value_type()
