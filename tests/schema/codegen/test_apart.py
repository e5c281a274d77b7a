"""Statements that share a line, each put on its own."""

from __future__ import annotations

import ast

from hypothesis import given
from hypothesis import strategies as st

from ldapom.schema.codegen.apart import apart

_SIMPLE = st.sampled_from(
    [
        "a = 1",
        'b: str = "ä;é"',
        "c = (\n  1,\n)  ",
        '"""text; text\n; more"""',
        "pass",
        "d = [\n# c ; d\n]",
        "import e",
    ]
)
_END = st.sampled_from(["", ";", "  # c; d", ";  # keep", "; # é"])
_JOIN = st.sampled_from(["; ", ";", " ;\t", "; \\\n   "])


@st.composite
def _lines(draw: st.DrawFn) -> list[str]:
    found = []
    for _ in range(draw(st.integers(1, 3))):
        line = draw(_SIMPLE)
        for _ in range(draw(st.integers(0, 3))):
            line += draw(_JOIN) + draw(_SIMPLE)
        found.append(line + draw(_END))
    return found


@given(_lines(), _lines(), st.booleans(), st.sampled_from(["\n", "\n\n\n"]))
def test_nothing_else_is_changed(
    outside: list[str], inside: list[str], is_short: bool, gap: str
) -> None:
    """The module says the same, each statement begins a line, and comments stay."""
    body = " " + inside[0] if is_short else "".join(f"\n    {line}" for line in inside)
    text = gap.join([*outside, f"class A(B):{body}", "class C:\n    x = 1", ""])

    result = apart(text)

    tree = ast.parse(result)
    assert ast.dump(tree) == ast.dump(ast.parse(text))
    assert apart(result) == result
    lines = result.split("\n")
    for one in (*tree.body, *(s for s in ast.walk(tree) if isinstance(s, ast.stmt))):
        before = lines[one.lineno - 1].encode()[: one.col_offset]
        assert not before.strip()
    assert result.count("# c; d") == text.count("# c; d")
    assert result.count("# é") == text.count("# é")
    assert result.count("# keep") >= text.count("# keep")


def test_functions_and_blocks_are_left_alone() -> None:
    """What stands in them is nobody's business."""
    text = "class A:\n    def f(self): a = 1; b = 2\n    if a: c = 1; d = 2\n"

    assert apart(text) == text


def test_keep_goes_with_all_of_a_line() -> None:
    """The comment behind the last statement is about those in front of it too."""
    assert apart("class A:\n    a = 1; b = 2  # keep: x\n    c = 3; d = 4\n") == (
        "class A:\n    a = 1  # keep\n    b = 2  # keep: x\n    c = 3\n    d = 4\n"
    )
