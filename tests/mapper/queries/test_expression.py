"""Every operator of an attribute makes the filter node it stands for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import DISTANT_PAST, DN, NEVER, Attr, Entry, attribute
from ldapom.filters import (
    FALSE,
    Approx,
    Equality,
    Extensible,
    GreaterOrEqual,
    LessOrEqual,
    Not,
    Or,
    Present,
    Substrings,
)
from ldapom.mapper.commits.checks import findings
from tests.mapper.models import GroupOfNames, Odd, Shell, User, user

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.filters import Filter


#: The class past the type checkers, for what they refuse.
ANY: Any = User


@pytest.mark.parametrize(
    ("made", "node"),
    [
        (User.uid == "x", Equality("uid", b"x")),
        (User.uid != "x", Not(Equality("uid", b"x"))),
        (User.displayName == None, Not(Present("displayName"))),  # noqa: E711  # a condition
        (User.displayName != None, Present("displayName")),  # noqa: E711  # a condition
        (User.uidNumber >= 1000, GreaterOrEqual("uidNumber", b"1000")),
        (User.uidNumber <= 1000, LessOrEqual("uidNumber", b"1000")),
        (User.cn.startswith("A"), Substrings("cn", initial=b"A")),
        (User.cn.endswith("a"), Substrings("cn", final=b"a")),
        (User.cn.contains("d"), Substrings("cn", any=(b"d",))),
        (User.cn.approx("Ada"), Approx("cn", b"Ada")),
        (User.cn.present(), Present("cn")),
        (
            User.uid.in_(["a", "b"]),
            Or((Equality("uid", b"a"), Equality("uid", b"b"))),
        ),
        (User.uid.in_(iter(["a"])), Equality("uid", b"a")),
        (User.uid.in_([]), FALSE),
        (User.cn.lang("de") == "Ä", Equality("cn;lang-de", "Ä".encode())),
        (User.displayName.lang("de-CH").present(), Present("displayName;lang-de-ch")),
        (User.cn.lang("de").lang("fr") != "x", Not(Equality("cn;lang-fr", b"x"))),
        (
            User.uidNumber.matches("1.2.840.113556.1.4.803", 2),
            Extensible("1.2.840.113556.1.4.803", "uidNumber", b"2"),
        ),
        (
            User.cn.matches("caseExactMatch", "A", dn_attributes=True),
            Extensible("caseExactMatch", "cn", b"A", dn_attributes=True),
        ),
        (
            User.cn.matches("caseIgnoreListSubstringsMatch", b"a*b"),
            Extensible("caseIgnoreListSubstringsMatch", "cn", b"a*b"),
        ),
    ],
)
def test_operators(made: Filter, node: Filter) -> None:
    """The operator gives exactly this node."""
    assert made == node


@pytest.mark.parametrize(
    ("pattern", "node"),
    [
        ("a*b*c", Substrings("cn", b"a", (b"b",), b"c")),
        ("a*", Substrings("cn", b"a")),
        ("*a", Substrings("cn", final=b"a")),
        ("*a*", Substrings("cn", any=(b"a",))),
        ("a**b", Substrings("cn", b"a", (), b"b")),
        (r"a\*b", Equality("cn", b"a*b")),
        (r"a\*b*", Substrings("cn", b"a*b")),
        (r"a\\*", Substrings("cn", b"a\\")),
        ("a\\b*\\", Substrings("cn", b"a\\b", (), b"\\")),
        ("a\n*", Substrings("cn", b"a\n")),
        ("*", Present("cn")),
        ("***", Present("cn")),
        ("plain", Equality("cn", b"plain")),
    ],
)
def test_like(pattern: str, node: Filter) -> None:
    r"""``*`` is any text, ``\*`` a star, ``\\`` a backslash."""
    assert User.cn.like(pattern) == node


@given(st.lists(st.text(min_size=1), min_size=2, max_size=5))
def test_like_takes_any_text_between_its_stars(parts: list[str]) -> None:
    """What is escaped reaches the filter as its own bytes, wherever it stands."""
    escaped = [part.replace("\\", "\\\\").replace("*", "\\*") for part in parts]
    node = User.cn.like("*".join(escaped))
    octets = [part.encode("utf-8", "surrogateescape") for part in parts]
    assert node == Substrings("cn", octets[0], octets[1:-1], octets[-1])


@given(st.text())
def test_any_text_is_its_own_bytes(text: str) -> None:
    r"""Nothing is escaped, whatever is in it: ``*()\``, NUL, umlauts."""
    raw = text.encode()
    assert (User.mail == text) == Equality("mail", raw)
    assert User.mail.in_([text, text + "x"]) == Or(
        (Equality("mail", raw), Equality("mail", raw + b"x"))
    )
    if text:
        assert User.mail.contains(text) == Substrings("mail", any=(raw,))


@given(st.binary())
def test_any_octets_are_their_own_bytes(octets: bytes) -> None:
    """A value of a binary attribute goes as it is."""
    assert (User.userPassword == octets) == Equality("userPassword", octets)


@pytest.mark.parametrize(
    ("made", "value"),
    [
        (Odd.active == True, b"TRUE"),  # noqa: E712  # a condition
        (Odd.active == False, b"FALSE"),  # noqa: E712  # a condition
        (User.uidNumber == 0, b"0"),
        (User.uidNumber == -(10**40), b"-" + b"1" + b"0" * 40),
        (Odd.since == datetime(2024, 2, 29, 1, 2, 3, tzinfo=UTC), b"20240229010203Z"),
        (
            Odd.entryUUID == UUID("73204f2c-b949-4c39-a3ae-79fb5119e676"),
            b"73204f2c-b949-4c39-a3ae-79fb5119e676",
        ),
        (
            Odd.objectGUID == UUID("73204f2c-b949-4c39-a3ae-79fb5119e676"),
            bytes.fromhex("2c4f207349b9394ca3ae79fb5119e676"),
        ),
        (
            GroupOfNames.member == DN.parse(r"cn=Whalen\, Sean,dc=example"),
            rb"cn=Whalen\, Sean,dc=example",
        ),
        (
            GroupOfNames.member == DN.from_server(r"cn=foo\?,dc=base"),
            rb"cn=foo\?,dc=base",
        ),
        (Odd.shell == Shell.bash, b"/bin/bash"),
    ],
)
def test_typed_values_are_encoded_by_their_syntax(made: Filter, value: bytes) -> None:
    """Numbers, truth, times, UUIDs, names and enumerations become their octets."""
    assert isinstance(made, Equality)
    assert made.value == value


@pytest.mark.parametrize(
    ("condition", "kind", "words"),
    [
        (lambda: ANY.uid == 5, TypeError, "User.uid takes str, not int"),
        (lambda: ANY.uid == b"x", TypeError, "takes str, not bytes"),
        (lambda: ANY.uidNumber == "5", TypeError, "takes int, not str"),
        (lambda: ANY.uidNumber == True, TypeError, "takes int, not bool"),  # noqa: E712  # a condition
        (lambda: ANY.uid == ["a"], TypeError, r"User\.uid\.in_"),
        (lambda: ANY.uid >= None, TypeError, "None is no value"),
        (lambda: ANY.uid.in_(["a", None]), TypeError, "None is no value"),
        (lambda: ANY.uid.in_("abc"), TypeError, r"\['abc'\]"),
        (lambda: ANY.uid < "x", TypeError, "<="),
        (lambda: ANY.uid > "x", TypeError, ">="),
        (lambda: ANY.cn.startswith(""), ValueError, "present"),
        (lambda: ANY.cn.endswith(""), ValueError, "present"),
        (lambda: ANY.cn.contains(""), ValueError, "present"),
        (lambda: ANY.cn.startswith(5), TypeError, "takes a str, not int"),
        (lambda: ANY.uidNumber.startswith("1"), TypeError, "int"),
        (lambda: ANY.cn.like(b"a*"), TypeError, "takes a str"),
        (lambda: ANY.cn.matches("no rule", "a"), ValueError, "no rule"),
        (lambda: Odd.since == datetime(2024, 1, 1), ValueError, "Odd.since"),  # noqa: DTZ001  # the mistake
        (lambda: GroupOfNames.member == "cn=x", TypeError, "takes DN, not str"),
        (lambda: Odd.shell == "/bin/bash", TypeError, "takes Shell, not str"),
    ],
)
def test_what_can_not_be_meant_is_refused(
    condition: Callable[[], object], kind: type[Exception], words: str
) -> None:
    """The error comes at once, names the attribute and what to write."""
    with pytest.raises(kind, match=words):
        condition()


def test_a_secret_is_not_in_the_error() -> None:
    """A value of the wrong type for a secret attribute is not shown."""
    with pytest.raises(TypeError) as caught:
        ANY.userPassword == "hunter2"
    assert "hunter2" not in str(caught.value)


def test_conditions_have_no_truth() -> None:
    """``and``, chained comparisons and ``in`` fail loudly."""
    with pytest.raises(TypeError, match="truth value"):
        bool(User.uid == "a" and User.cn == "b")
    with pytest.raises(TypeError, match="truth value"):
        ANY.uid in ["a", "b"]


def test_an_expression_shows_its_attribute() -> None:
    """The repr says class and attribute; an expression is no key."""
    assert repr(User.uidNumber) == "PosixAccount.uidNumber"
    with pytest.raises(TypeError, match="unhashable"):
        hash(User.uid)


@pytest.mark.parametrize(
    "condition",
    [
        lambda: User.cn == "a\ud800",
        lambda: User.cn.startswith("a\ud800"),
        lambda: User.cn.like("*a\ud800*"),
        lambda: User.seeAlso == DN.opaque("a\ud800"),
    ],
)
def test_half_a_character_is_no_text(condition: Callable[[], Filter]) -> None:
    """Octets that came as surrogates go back; other surrogates are refused."""
    assert User.cn.startswith("\udcff") == Substrings("cn", initial=b"\xff")
    with pytest.raises(ValueError, match="no UTF-8 for the character at") as caught:
        condition()
    assert type(caught.value) is ValueError


def test_errors_show_a_part_of_long_values() -> None:
    """And of numbers that Python does not write, their type."""
    with pytest.raises(ValueError, match="can not be <int>: .* 4300 digits"):
        _ = User.uidNumber == 10**5000
    with pytest.raises(TypeError) as caught:
        _ = ANY.uidNumber == "x" * 10_000
    assert len(str(caught.value)) < 300
    person = user(uidNumber=10**5000)
    assert "4300 digits" in findings(person._state)[0]


def test_languages_are_tags_only() -> None:
    """What is no tag makes no filter."""
    assert repr(User.cn.lang("de")).endswith(".cn;lang-de")
    for wrong in ("de)(uid=*", "d e", "de;", "ä"):
        with pytest.raises(ValueError, match="no options"):
            User.cn.lang(wrong)
    with pytest.raises(TypeError, match="takes int"):
        ANY.uidNumber.lang("de") == "5"  # a condition


class Expiring(Entry):
    """Times of Active Directory; of one 0 is never, of the other it was never yet."""

    expires: Attr[datetime | None] = attribute("accountExpires", default=None)
    set_: Attr[datetime | None] = attribute("pwdLastSet", default=None)


def test_both_numbers_of_never_are_asked_for() -> None:
    """What reads as a value is found by it, also where servers have two for it."""
    never = "9223372036854775807"
    either = f"(|(accountExpires={never})(accountExpires=0))"
    assert str(Expiring.expires == NEVER) == either
    assert str(Expiring.expires != NEVER) == f"(!{either})"
    assert str(Expiring.expires.in_([NEVER])) == either
    assert str(Expiring.query(expires=NEVER).shape.conditions) == either
    assert str(Expiring.set_ == NEVER) == f"(pwdLastSet={never})"
    assert str(Expiring.set_ == DISTANT_PAST) == "(pwdLastSet=0)"


def test_what_never_ends_is_later_than_all() -> None:
    """An account that expires at 0 has not expired, though 0 is less than all times."""
    then = datetime(2024, 1, 1, tzinfo=UTC)
    ticks = "133485408000000000"
    late = f"(|(accountExpires>={ticks})(accountExpires=0))"
    assert str(Expiring.expires >= then) == late
    early = f"(&(accountExpires<={ticks})(!(accountExpires=0)))"
    assert str(Expiring.expires <= then) == early
    assert str(Expiring.expires <= NEVER) == "(accountExpires<=9223372036854775807)"
    assert str(Expiring.set_ <= then) == f"(pwdLastSet<={ticks})"
