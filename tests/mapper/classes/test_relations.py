"""Attributes that name entries: from the values to the entries, and back."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

import pytest

from ldapom import (
    DN,
    Converter,
    Converters,
    Entry,
    Many,
    MissingValue,
    NoResult,
    Reference,
    References,
    Session,
    Simple,
    attribute,
)
from ldapom.mapper.classes.relations import LinkedDN, LinkedValues
from ldapom.protocol.messages import ModifyRequest, SearchRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.testing import Directory

PEOPLE = "ou=people,dc=example,dc=com"
GROUPS = "ou=groups,dc=example,dc=com"
ADMIN = f"uid=admin,{PEOPLE}"


class Person(Entry, object_class="inetOrgPerson", base=PEOPLE, rdn="uid"):
    """Whom groups name."""

    cn: Many[str] = attribute("cn", must=True)
    sn: Many[str] = attribute("sn", must=True)
    uid: Many[str] = attribute("uid", default=())
    manager: Reference[Person] = attribute("manager", default=None)
    secretary: References[Person] = attribute("secretary", default=())


class Group(Entry, object_class="groupOfNames", base=GROUPS, rdn="cn"):
    """What names people."""

    cn: Many[str] = attribute("cn", must=True)
    member: References[Person] = attribute("member", must=True)
    seeAlso: Many[DN] = attribute("seeAlso", default=())


class Manager(Person):
    """A person of a narrower class."""


@pytest.fixture
def session(box: Directory) -> Iterator[Session]:
    """A session with five people."""
    with Session(box, Simple(ADMIN, "secret")) as running:
        for number in range(5):
            running.add(person(f"p{number}"))
        running.commit()
        yield running
        running.discard()


def person(uid: str) -> Person:
    """Someone new."""
    return Person(uid=[uid], cn=[uid], sn=["S"])


def people(session: Session) -> list[Person]:
    """The five, in order."""
    found = session.query(Person, Person.uid.like("p*")).all()
    return sorted(found, key=lambda each: each.uid.one)


def test_entries_are_taken_for_names(session: Session) -> None:
    """By the constructor, by assignment and by every method that takes a value."""
    one, two, three, four, five = people(session)
    group = Group(cn=["g"], member=[one, two.dn])
    assert group.member == [one.dn, two.dn]
    assert isinstance(group.member, LinkedValues)
    group.member.append(three)
    group.member.extend([four])
    group.member += [five]
    assert group.member == [each.dn for each in people(session)]
    group.member.remove(five)
    group.member.insert(0, five)
    group.member[1] = four
    group.member[2:] = (one, two)
    assert group.member == [five.dn, four.dn, one.dn, two.dn]
    assert five in group.member
    assert three not in group.member
    assert group.member.index(one) == 2
    assert group.member.count(one) == 1
    group.member = [one]
    assert group.member == [one.dn]
    assert all(type(each) is DN for each in group.member)


def test_what_names_nobody_is_refused(session: Session) -> None:
    """Text, an entry of another class, and a new one without a name."""
    one = people(session)[0]
    group = Group(cn=["g"], member=[one])
    with pytest.raises(TypeError, match="Group.member"):
        group.member = ["uid=x"]  # type: ignore[list-item]  # what is refused
    with pytest.raises(TypeError, match="Person, not of Group"):
        group.member.append(group)  # type: ignore[arg-type]  # what is refused
    with pytest.raises(MissingValue):
        group.member.append(Person(cn=["x"], sn=["x"]))
    with pytest.raises(TypeError, match="list"):
        group.member.extend("uid=x")  # type: ignore[arg-type]  # what is refused
    assert group.member == [one.dn]
    group.member.append(Manager(dn=f"uid=m,{PEOPLE}", cn=["m"], sn=["m"]))
    assert len(group.member) == 2


def test_entries_loads_them_together(box: Directory, session: Session) -> None:
    """One search for all of them, in the order of the values."""
    everyone = people(session)
    group = session.add(Group(cn=["g"], member=everyone))
    session.commit()
    group.member = [each.dn for each in reversed(everyone)]
    with box.recording() as requests:
        found = group.member.entries()
    assert [type(each) for each in found] == [Person] * 5
    assert [each.dn for each in found] == group.member
    assert [type(request.op) for request in requests] == [SearchRequest]
    assert all(found[4 - place] is each for place, each in enumerate(everyone))
    session.discard()


def test_what_leads_nowhere_is_left_out(session: Session) -> None:
    """A dangling name, an entry of another class, and one that is not added yet."""
    one, two, *_ = people(session)
    late = session.add(person("late"))
    names = [one.dn, DN.parse(f"uid=gone,{PEOPLE}"), DN.parse(GROUPS), late.dn, two.dn]
    group = session.add(Group(cn=["g"], member=names))
    assert group.member.entries() == [one, two]
    assert Group(cn=["g"], member=[]).member.entries() == []


def test_the_way_back(box: Directory, session: Session) -> None:
    """One search for the groups that name somebody."""
    one, two, *_ = people(session)
    for name, members in {"a": [one, two], "b": [two]}.items():
        session.add(Group(cn=[name], member=members))
    session.commit()
    with box.recording() as requests:
        assert {group.cn.one for group in two.referenced_by(Group.member)} == {"a", "b"}
    assert [type(request.op) for request in requests] == [SearchRequest]
    assert one.referenced_by(Group.member).one().cn == ["a"]
    assert one.referenced_by(Person.manager).all() == []
    with pytest.raises(TypeError, match="References"):
        one.referenced_by(Group.seeAlso)  # type: ignore[arg-type]  # what is refused


def test_conditions_take_entries(session: Session) -> None:
    """``==``, ``!=``, ``in_`` and keywords."""
    one, two, three, *_ = people(session)
    session.add(Group(cn=["a"], member=[one, two]))
    session.add(Group(cn=["b"], member=[two]))
    session.commit()

    def names(*conditions: object, **equals: object) -> set[str]:
        query = session.query(Group, *conditions, **equals)  # type: ignore[arg-type]  # filters
        return {group.cn.one for group in query} - {"admins", "users"}

    assert names(Group.member == one) == {"a"}
    assert names(Group.member == one.dn) == {"a"}
    assert names(Group.member != one) >= {"b"}
    assert names(Group.member.in_([one, three.dn])) == {"a"}
    assert names(member=two) == {"a", "b"}
    assert Group.member.owner is Group
    with pytest.raises(TypeError, match="Group.member"):
        _ = Group.member == "uid=x"


@pytest.mark.parametrize(
    "table", [None, Converters({"sn": Converter.text(str.upper, str.lower)})]
)
def test_one_reference_of_each_of_a_stream(
    box: Directory, session: Session, table: Converters | None
) -> None:
    """It leads to an entry in whatever order the attributes are read."""
    first, *_ = everybody = people(session)
    for each in everybody:
        each.manager = first
    session.commit()
    with Session(box, Simple(ADMIN, "secret"), converters=table) as other:
        query = other.query(Person, Person.manager == first)
        for each in [*query, *query.reader(), *query.limit(5)]:
            assert each.cn
            assert isinstance(each.manager, LinkedDN)
            assert each.manager.entry().dn == first.dn


def test_one_reference(box: Directory, session: Session) -> None:
    """It is a DN or None, assigned from an entry, and leads to one."""
    one, two, *_ = people(session)
    assert one.manager is None
    one.manager = two
    linked = one.manager
    assert linked == two.dn
    assert isinstance(linked, LinkedDN)
    assert linked.entry() is two
    with box.recording() as requests:
        session.commit()
    (modify,) = [r.op for r in requests if isinstance(r.op, ModifyRequest)]
    assert modify.changes[0].modification.values == (str(two.dn).encode(),)
    (again,) = session.query(Person, uid="p0").reader()
    assert again.manager == two.dn
    assert again.manager is not None
    assert again.manager.entry().dn == two.dn
    one.manager = DN.parse(f"uid=gone,{PEOPLE}")
    gone = one.manager
    assert isinstance(gone, LinkedDN)
    with pytest.raises(NoResult):
        gone.entry()
    with pytest.raises(TypeError, match="manager"):
        one.manager = "uid=x"  # type: ignore[assignment]  # what is refused
    one.manager = None
    assert one.manager is None


def test_a_reference_is_a_name(session: Session) -> None:
    """It compares, hashes, copies and pickles as one, and still leads to its entry."""
    name = DN.parse(ADMIN)
    one = Person(cn=["x"], sn=["x"], manager=name)
    linked = one.manager
    assert linked is not None
    assert linked == name
    assert hash(linked) == hash(name)
    assert str(linked) == ADMIN
    assert linked.parent == DN.parse(PEOPLE)
    for same in (pickle.loads(pickle.dumps(linked)), copy.deepcopy(linked)):
        assert same == name
        assert same.entry() is session.get(Person, ADMIN)
    for again in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one), copy.copy(one)):
        linked = again.manager
        assert linked == name
        assert linked is not None
        assert linked.entry().uid == ["admin"]


def test_copies_lead_to_entries_too(session: Session) -> None:
    """In the session that surrounds the call: they have none of their own."""
    one, two, *_ = people(session)
    group = Group(cn=["g"], member=[one, two])
    for same in (copy.deepcopy(group), pickle.loads(pickle.dumps(group))):
        assert same.member == group.member
        assert same.member.entries() == [one, two]
    alone = copy.copy(group.member)
    alone.append(one)
    assert len(group.member) == 2


def test_the_class_may_come_later() -> None:
    """A class is found by its name once it is there; until then values are names."""

    class Team(Entry, object_class="groupOfNames"):
        """Names a class that is not there yet."""

        member: References[Latecomer] = attribute("member", must=True)

    name = DN.parse(ADMIN)
    team = Team(member=[name])
    assert team.member == [name]
    described = Team.__ldapom__.attributes["member"]
    assert isinstance(described, References)
    with pytest.raises(NameError, match="Latecomer"):
        _ = described.model

    class Latecomer(Entry, object_class="person"):
        """Here it is, though not in the module."""

        cn: Many[str] = attribute("cn", must=True)

    assert described.model is Latecomer


def test_only_entry_classes_are_named() -> None:
    """``References[str]`` says what is wrong when it is used."""

    class Wrong(Entry, object_class="groupOfNames"):
        """Names text."""

        member: References[str] = attribute("member", must=True)  # type: ignore[type-var]  # what is refused

    described = Wrong.__ldapom__.attributes["member"]
    assert isinstance(described, References)
    with pytest.raises(TypeError, match="must name one entry class"):
        _ = described.model
