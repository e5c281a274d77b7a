"""One object for one entry: also for one that was added and is read again."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import DN, Attr, NotLoaded, Session, attribute, on_request
from ldapom.mapper.commits.known import SMALL, Known, word_of
from ldapom.protocol import messages as m
from ldapom.protocol.write_controls import PostRead
from tests.mapper.changes import CREDENTIALS, PEOPLE, hiding
from tests.mapper.models import User, read, user
from tests.test_dn import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.testing import Directory
    from ldapom.testing.handler import Answers, Handle


class Numbered(User):
    """With something that the server makes when an entry is added."""

    entryUUID: Attr[UUID | None] = attribute("entryUUID", read_only=True)
    subschemaSubentry: Attr[DN | None] = on_request("subschemaSubentry")


def numbered(uid: str) -> Numbered:
    """A new entry."""
    return Numbered(
        cn=["N"], sn=["N"], uid=[uid], uidNumber=7, gidNumber=7, homeDirectory="/"
    )


def respelling(handle: Handle) -> Handle:
    """A server that has its own way to spell names."""

    def handler(message: m.LDAPMessage) -> Answers:
        for answer in handle(message):
            op = answer.op
            if isinstance(op, m.SearchResultEntry):
                name = op.object_name.replace("uid=", "UID=").replace(",ou", ", OU")
                op = m.SearchResultEntry(name, op.attributes)
            yield m.LDAPMessage(answer.message_id, op, answer.controls)

    return handler


@pytest.fixture
def session(box: Directory) -> Iterator[Session]:
    """With a server that does not read back what it has added, and respells names."""
    with box.wrapped(respelling), box.wrapped(hiding(PostRead.OID)):
        with Session(box, CREDENTIALS) as session:
            yield session
            session.discard()


def test_a_refresh_reads_what_the_server_has_filled(session: Session) -> None:
    """Until then it was not loaded; the text says what to do. Nothing more is read."""
    entry = session.add(numbered("n1"))
    session.commit()
    with pytest.raises(NotLoaded, match="refresh the entry"):
        _ = entry.entryUUID
    session.refresh(entry)
    assert isinstance(entry.entryUUID, UUID)
    with pytest.raises(NotLoaded, match="asked for by name"):
        _ = entry.subschemaSubentry


def test_a_query_reads_it_too(session: Session) -> None:
    """The entry that was added is the one that is found, whatever its DN looks like."""
    entry = session.add(numbered("n2"))
    session.commit()
    found = session.query(Numbered, uid="n2").one()
    assert found is entry
    assert isinstance(entry.entryUUID, UUID)
    assert str(entry.dn) == f"UID=n2, OU=people,{PEOPLE.partition(',')[2]}"
    # From now on it is known by that name.
    assert session.query(Numbered, uid="n2").one() is entry


def test_what_was_changed_meanwhile_is_kept(session: Session) -> None:
    """A change between adding and reading is saved once, and lets go of the entry."""
    entry = session.add(numbered("n3"))
    session.commit()
    entry.displayName = "D"
    assert session.query(Numbered, uid="n3").one() is entry
    assert entry.displayName == "D"
    session.commit()
    assert session._unit.states == ()
    del entry
    gc.collect()
    assert session.query(Numbered, uid="n3").one().displayName == "D"


def test_another_one_of_that_name(session: Session) -> None:
    """One that was deleted is not met again when the name is."""
    old = session.add(numbered("n4"))
    session.commit()
    session.delete(old)
    session.commit()
    session.add(numbered("n4"))
    session.commit()
    assert session.query(Numbered, uid="n4").one() is not old


def test_only_equal_names_are_met() -> None:
    """Looking alike is not enough: where a blank stands may matter."""
    known = Known()
    entry = read(User, dn="cn=ab,dc=x")
    known.add("cn=ab,dc=x", entry)
    assert known.adopt("cn=a b,dc=x") is None


def test_the_table_of_those_added_does_not_grow() -> None:
    """Whoever adds by the thousand keeps no more than a few dead references."""
    known = Known()
    held = user()
    known.add("uid=held,dc=x", held)
    for number in range(3 * SMALL):
        known.add(f"uid={number},dc=x", user())
    assert len(known.added) <= SMALL
    assert "uid=held,dc=x" in known.added


#: Values that only a parser finds equal, or nearly.
ALIKE = (
    "Ada",
    "ada",
    "ＡＤＡ",
    "a\u00adda",
    "ada  b",
    "Ada B",
    "\u212aelvin",
    "kelvin",
)


@st.composite
def respelled(draw: st.DrawFn) -> tuple[DN, DN]:
    """A name, and one that may be equal or below it in another spelling."""
    values = st.sampled_from(ALIKE)
    top = draw(names()) if draw(st.booleans()) else DN.of(("cn", draw(values)), "dc=x")
    text = draw(st.sampled_from([str(top), str(top).upper(), str(top).lower()]))
    other = DN.from_server(draw(st.sampled_from([text, f"cn={draw(values)},dc=x"])))
    below = [("ou", draw(values))] if draw(st.booleans()) else []
    return top, DN.of(*below, other) if below and not other.is_opaque else other


OTHERS = ("cn=ada,dc=x", "ou=ada,cn=Ada,dc=x", "uid=other,dc=x", "cn=a\nb,dc=x", "cn=ö")


@given(respelled(), st.lists(st.sampled_from(OTHERS), unique=True))
def test_whatever_is_below_a_name_is_near_its_word(
    pair: tuple[DN, DN], others: list[str]
) -> None:
    """The words leave nothing out that a comparison would find."""
    top, name = pair
    known = Known()
    entries = {text: read(User, dn=text) for text in (*others, str(name))}
    for text, entry in entries.items():
        known.put(text, entry)
    near = known.near({word_of(top)})
    for text, entry in entries.items():
        assert ((text, entry) in near) or not entry.dn.is_under(top, or_equal=True)


def test_what_is_elsewhere_is_not_near() -> None:
    """Or every rename would read the names of all entries that are held."""
    known = Known()
    entries = [read(User, dn=f"uid=u{number},dc=x") for number in range(100)]
    for entry in entries:
        known.put(str(entry.dn), entry)
    near = known.near({word_of(DN.parse("uid=u7,dc=x"))})
    assert {str(entry.dn) for _, entry in near} == {
        "uid=u7,dc=x", *(f"uid=u{number},dc=x" for number in range(70, 80))
    }  # fmt: skip


def test_names_that_are_exchanged() -> None:
    """Each is found under the name it has now."""
    known = Known()
    first, second = read(User, dn="uid=a,dc=x"), read(User, dn="uid=b,dc=x")
    known.put("uid=a,dc=x", first)
    known.put("uid=b,dc=x", second)
    first._state.dn, second._state.dn = "uid=b,dc=x", "uid=c,dc=x"
    known.rename(known.near({""}))
    assert known.get("uid=a,dc=x") is None
    assert known.get("uid=b,dc=x") is first
    assert known.get("uid=c,dc=x") is second
