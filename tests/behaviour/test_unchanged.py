"""Nothing changed sends nothing: for every syntax, however the server spells a value."""

from __future__ import annotations

import pickle
import types
from typing import TYPE_CHECKING, Any

import pytest
from attrs import frozen
from hypothesis import assume, given
from hypothesis import strategies as st

from ldapom import Attr, Entry, Many, Session, State, attribute
from ldapom.mapper.entries.making import make
from ldapom.protocol.messages import PartialAttribute
from ldapom.schema.syntaxes import SYNTAXES, for_attribute, lookup
from ldapom.testing import Directory

if TYPE_CHECKING:
    from ldapom.schema.syntax import Syntax

#: Spellings that a server may send and nobody would write: of many syntaxes.
ODD = (
    b"true", b"TRUE", b"false", b"007", b"-0", b"+5", b"0", b"-9223372036854775808",
    b"9223372036854775807", b"2010093022Z", b"2010093022.5Z", b"20180208181004.948468Z",
    b"20230101120000,5+0530", b"20161231235960Z", b"00000101000000Z", b"100101120000Z",
    b"1001011200+0100", b"CN=a ,  O=b", b"cn=a,o=b", b"cn=#0402486900ffff", b"<GUID=x>",
    b"cn=Lu\\C4\\8Di", b"73204F2C-B949-4C39-A3AE-79FB5119E676", b"a$b", b"a\\24b$",
    b"\\5C$x", b"", b" ", b" x ", b"x", b"\xff\xfe", b"'0101'B", b"''B", b"cn=x#'01'B",
    b"1.3.6.1", b"person", b"US", b"123 456", b"+1 555", b"\x00" * 16, b"A" * 16,
    b"\x01\x05\x00\x00\x00\x00\x00\x05" + b"\x15\x00\x00\x00" * 5, b"gr\xc3\xb6\xc3\x9f",
)  # fmt: skip


@frozen
class Case:
    """A kind of value, and classes that have one of it and many.

    Attributes:
        syntax: What reads and writes it.
        name: The attribute's name.
    """

    syntax: Syntax[Any]
    name: str
    one: type[Any]
    many: type[Any]


def case(name: str, syntax: Syntax[Any], oid: str | None) -> Case:
    """Make the classes of a syntax, given by OID or known by the attribute's name."""
    python: Any = syntax.python

    def make_class(kind: object, default: object) -> type[Any]:
        def fill(namespace: dict[str, Any]) -> None:
            namespace["__annotations__"] = {"value": kind}
            namespace["__module__"] = __name__
            namespace["value"] = attribute(name, syntax=oid, default=default)

        return types.new_class("Odd", (Entry,), {"object_class": "odd"}, fill)

    one = make_class(Attr[python | None], None)
    return Case(syntax, name, one, make_class(Many[python], ()))


#: Every syntax by its OID, and those that only an attribute's name tells.
CASES = {
    **{
        syntax.name: case("x-value", syntax, syntax.oid)
        for syntax in SYNTAXES
        if syntax.oid and lookup(syntax.oid) is syntax
    },
    **{
        name: case(name, for_attribute((name,), None), None)
        for name in ("objectGUID", "GUID", "objectSid", "accountExpires", "maxPwdAge")
    },
}
NAMES = sorted(CASES)
octets = st.one_of(
    st.sampled_from(ODD), st.binary(max_size=20), st.text(max_size=10).map(str.encode)
)


@pytest.fixture(scope="module")
def session() -> Any:
    """A session; nothing is ever sent in it."""
    with Session(Directory.sample()) as running:
        yield running


def entry(session: Session, name: str, model: type[Any], raw: list[bytes]) -> Any:
    """An entry as it comes from a server."""
    # What an example before this one left behind when it failed.
    session.discard()
    sent = [
        PartialAttribute("objectClass", (b"odd",)),
        PartialAttribute(name.upper(), tuple(raw)),
    ]
    return make(model, "cn=odd,dc=example,dc=com", sent, None, session._unit)


def decodes(each: Case, raw: bytes) -> bool:
    """Whether octets are a value of the syntax."""
    try:
        each.syntax.decode(raw)
    except ValueError:
        return False
    return True


def again(each: Case, value: Any) -> Any:
    """The same value by another object."""
    each.syntax.encode(value)
    return pickle.loads(pickle.dumps(value))


def nothing(session: Session, odd: Any) -> None:
    """Nothing is pending."""
    assert not session.pending, session.pending.ldif(secrets=True)
    session.commit()
    assert odd.state is State.clean


@pytest.mark.parametrize("name", NAMES)
def test_every_syntax_has_odd_spellings(name: str) -> None:
    """Else the tests below would prove nothing for it."""
    assert any(decodes(CASES[name], raw) for raw in ODD)


@given(st.sampled_from(NAMES), octets)
def test_one_value(session: Session, name: str, raw: bytes) -> None:
    """Read, assigned to itself, taken away and put back."""
    each = CASES[name]
    assume(decodes(each, raw))
    odd = entry(session, each.name, each.one, [raw])
    value = odd.value
    nothing(session, odd)
    odd.value = odd.value
    nothing(session, odd)
    odd.value = again(each, value)
    nothing(session, odd)
    odd.value = None
    assert session.pending
    odd.value = value
    nothing(session, odd)
    assert odd.raw[each.name] == [raw]


@given(st.sampled_from(NAMES), st.lists(octets, min_size=1, max_size=4, unique=True))
def test_many_values(session: Session, name: str, raw: list[bytes]) -> None:
    """Read, copied, sorted, taken out and put back at another place."""
    each = CASES[name]
    assume(all(decodes(each, value) for value in raw))
    odd = entry(session, each.name, each.many, raw)
    assert len(odd.value) == len(raw)
    nothing(session, odd)
    odd.value = odd.value
    odd.value = list(odd.value)
    nothing(session, odd)
    odd.value.reverse()
    odd.value.append(odd.value.pop(0))
    nothing(session, odd)
    kept = list(odd.value)
    odd.value.clear()
    odd.value.extend(kept)
    nothing(session, odd)
    odd.value[:] = [again(each, value) for value in kept[::-1]]
    odd.value += []
    nothing(session, odd)
    assert sorted(odd.raw[each.name]) == sorted(raw)
    session.discard()
