"""Whatever is asked, the directory answers properly and stays whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ldapom.errors import ResultCode
from ldapom.protocol import messages as m
from ldapom.testing import Directory
from ldapom.testing.handler import RESPONSES
from tests import strategies
from tests.testing.asker import ADA, ADMIN, BASE, GROUPS, PEOPLE, Asker

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_BOX = Directory.sample()
_SCHEMA = _BOX.store.vocabulary

NAMES: SearchStrategy[str] = st.one_of(
    st.sampled_from(["", BASE, PEOPLE, GROUPS, ADA, ADMIN, "cn=Subschema", "dc=com"]),
    st.sampled_from([f"cn=x,{PEOPLE}", f"ou=new,{BASE}", f"cn=y,cn=x,{PEOPLE}"]),
    st.sampled_from([f"cn=Whalen\\, Sean,{PEOPLE}", f"cn=everyone,{GROUPS}"]),
    strategies.dns().map(str),
    strategies.texts,
)
RDNS: SearchStrategy[str] = st.one_of(
    st.sampled_from(["uid=ada", "cn=x", "ou=new", "uid=a+cn=b", "gidNumber=1", "cn="]),
    strategies.texts,
)
TYPES: SearchStrategy[str] = st.one_of(
    st.sampled_from(["objectClass", "cn", "sn", "uid", "member", "uidNumber"]),
    st.sampled_from([definition.oid for definition in _SCHEMA.definitions()]),
    strategies.descriptions,
)
VALUES: SearchStrategy[bytes] = st.one_of(
    st.sampled_from([b"person", b"device", b"posixAccount", b"top", b"1", b"x", b""]),
    NAMES.map(lambda name: name.encode("utf-8", "surrogateescape")),
    strategies.values,
)
ATTRIBUTES = st.builds(m.PartialAttribute, TYPES, st.lists(VALUES, max_size=3))
CHANGES = st.builds(m.ModifyChange, st.sampled_from(m.ModifyOperation), ATTRIBUTES)
REQUESTS: SearchStrategy[m.ProtocolOp] = st.one_of(
    st.builds(m.AddRequest, NAMES, st.lists(ATTRIBUTES, max_size=4)),
    st.builds(m.ModifyRequest, NAMES, st.lists(CHANGES, max_size=3)),
    st.builds(m.ModifyDNRequest, NAMES, RDNS, st.booleans(), st.none() | NAMES),
    st.builds(m.DelRequest, NAMES),
    st.builds(m.CompareRequest, NAMES, TYPES, VALUES),
    st.builds(
        m.SearchRequest,
        NAMES,
        st.sampled_from(m.Scope),
        strategies.all_filters,
        st.lists(TYPES | st.sampled_from(["*", "+", "1.1", "@person"]), max_size=3),
        size_limit=st.sampled_from([0, 1, 5]),
        types_only=st.booleans(),
    ),
    *(strategies.OPERATIONS[kind] for kind in RESPONSES),
)


def check_answers(request: m.ProtocolOp, answers: list[m.LDAPMessage]) -> None:
    """One last answer of the right kind, and nothing but entries before it."""
    *before, last = [answer.op for answer in answers]
    assert isinstance(last, RESPONSES[type(request)])
    assert last.result_code != ResultCode.other, last.diagnostic_message
    assert all(isinstance(op, m.SearchResultEntry) for op in before)
    assert isinstance(request, m.SearchRequest) or not before


@given(st.lists(REQUESTS, min_size=1, max_size=6))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_request(requests: list[m.ProtocolOp]) -> None:
    """Each request has its answer, and what is left keeps to the schema."""
    directory = _BOX.copy()
    for request in requests:
        asker = Asker(directory)
        asker.bind()
        check_answers(request, asker.ask(request))
    again = Directory(BASE).load(directory.dump())
    assert again.dump() == directory.dump()
    for name in ("objectClass", "cn", "uid", "member"):
        found = directory.store.tree.indexed(name)
        wanted = again.store.tree.indexed(name)
        assert found is not None
        assert wanted is not None
        assert {form: len(numbers) for form, numbers in found.items()} == {
            form: len(numbers) for form, numbers in wanted.items()
        }


@given(strategies.all_messages)
def test_any_control(message: m.LDAPMessage) -> None:
    """No control makes a request fail in any other way than by a refusal."""
    if type(message.op) in RESPONSES:
        asker = Asker(_BOX.copy())
        check_answers(message.op, asker.ask(message.op, *message.controls))
