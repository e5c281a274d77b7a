"""Filter nodes: what can be built, combined and compared, and hidden secrets."""

from __future__ import annotations

import pytest

from ldapom.filters import (
    FALSE,
    TRUE,
    And,
    Approx,
    Equality,
    Extensible,
    Filter,
    GreaterOrEqual,
    LessOrEqual,
    Not,
    Or,
    Present,
    Substrings,
    all_of,
    any_of,
    negate,
)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Equality("", b"x"),
        lambda: Approx("", b"x"),
        lambda: GreaterOrEqual("", b"x"),
        lambda: LessOrEqual("", b"x"),
        lambda: Present(""),
        lambda: Substrings("", b"x"),
        lambda: Substrings("cn"),
        lambda: Substrings("cn", b""),
        lambda: Substrings("cn", b"a", [b""]),
        lambda: Substrings("cn", b"a", (), b""),
        lambda: Extensible(None, None, b"x"),
        lambda: Extensible("", "cn", b"x"),
        lambda: Extensible("1.2", "", b"x"),
    ],
)
def test_what_can_not_be_sent_can_not_be_built(make: type[Filter]) -> None:
    """A node that RFC 4511 has no form for is refused when it is made."""
    with pytest.raises(ValueError, match="attribute|part|rule"):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Equality("cn", "x"),  # type: ignore[arg-type]  # what the test is about
        lambda: Substrings("cn", "x"),  # type: ignore[arg-type]  # the same
        lambda: Extensible("1.2", "cn", 5),  # type: ignore[arg-type]  # the same
    ],
)
def test_a_value_is_bytes(make: type[Filter]) -> None:
    """A node takes octets; text belongs to placeholders and mapped attributes."""
    with pytest.raises(TypeError, match="bytes"):
        make()


def test_has_no_truth() -> None:
    """``and``, ``or``, ``not`` and ``if`` on a filter fail loudly."""
    with pytest.raises(TypeError, match="no truth value"):
        bool(Present("cn"))
    with pytest.raises(TypeError, match="no truth value"):
        bool(And([]))


def test_combines() -> None:
    """Operators flatten lists of their kind and fold constants away."""
    a, b, c = (Present(name) for name in "abc")

    assert (a & b) & c == And([a, b, c])
    assert a | (b | c) == Or([a, b, c])
    assert a & (b | c) == And([a, Or([b, c])])
    assert ~~a == a
    assert ~TRUE == FALSE
    assert ~FALSE == TRUE
    assert a & TRUE == a
    assert a & FALSE == FALSE
    assert a | FALSE == a
    assert a | TRUE == TRUE
    assert all_of([]) == TRUE
    assert any_of([]) == FALSE
    assert all_of([a]) == a
    assert negate(a) == Not(a)


def test_kinds_and_shapes_differ() -> None:
    """Lists are equal only with the same kind, order and nesting."""
    a, b = Present("a"), Present("b")

    assert And([a, b]) != Or([a, b])
    assert And([a, b]) != And([b, a])
    assert And([And([a]), b]) != And([And([a, b])])
    assert And([Not(a), b]) != And([a, Not(b)])
    assert Not(a) != a
    assert And([a]) != "(&(a=*))"
    assert len({Equality("a", b"x"), Approx("a", b"x"), Equality("A", b"x")}) == 3


@pytest.mark.parametrize(
    "node",
    [
        Equality("userPassword", b"canary"),
        Approx("USERPASSWORD", b"canary"),
        GreaterOrEqual("2.5.4.35", b"canary"),
        LessOrEqual("unicodePwd;x", b"canary"),
        Substrings("userPassword", b"canary", [b"canary"], b"canary"),
        Extensible("octetStringMatch", "userPassword", b"canary"),
    ],
)
def test_repr_hides_secrets(node: Filter) -> None:
    """The value of a secret attribute shows in no ``repr``, but in ``str``."""
    for shown in (repr(node), repr(And([node])), repr(Not(Or([node, node])))):
        assert "canary" not in shown
        assert "6 bytes hidden" in shown
    assert "canary" in str(node)


def test_repr_hides_nothing_else() -> None:
    """Other values are shown."""
    assert repr(Equality("uid", b"x")) == "Equality(attribute='uid', value=b'x')"
    assert repr(Extensible("1.2", None, b"x")) == (
        "Extensible(rule='1.2', attribute=None, value=b'x', dn_attributes=False)"
    )
