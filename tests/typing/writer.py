"""What the unit of work and relations give, without writing a single type."""

from __future__ import annotations

import sys
from typing import assert_type

from ldapom import (
    DN,
    CommitError,
    ConflictError,
    Entry,
    Filter,
    Finding,
    LDAPError,
    LDIFTarget,
    LinkedDN,
    LinkedValues,
    Many,
    Operation,
    Pending,
    Query,
    Reference,
    References,
    Session,
    State,
    ValidationError,
    Writer,
    attribute,
)
from tests.typing.models import Person, PosixAccount, User


class Group(Entry, object_class="groupOfNames", base="dc=x", rdn="cn"):
    cn: Many[str] = attribute("cn", must=True)
    member: References[User] = attribute("member", must=True)
    owner: References[Person] = attribute("owner", default=())
    head: Reference[User] = attribute("manager", default=None)


class Admins(Group):
    """A narrower class: its attributes refer as it."""


class Chief(User):
    """A user is one, and may stand where a user is asked for."""


user = User.query().one()
chief = Chief.query().one()
group = Group.query().one()

# --- a session -----------------------------------------------------------------------

with Session("ldap://localhost", optimistic=True) as session:
    assert_type(session.add(user), User)
    assert_type(session.add(Group(cn=["x"], member=[user, chief, user.dn])), Group)
    session.delete(user)
    session.delete(user, recursive=True)
    session.rename(user, uid="x")
    session.move(user, "dc=x")
    session.increment(user, "uidNumber", by=2)
    session.move(user, user.dn)
    session.move(user, group)
    session.refresh(user)
    session.refresh(user, discard=True)
    session.discard()
    assert_type(session.pending, Pending)
    assert_type(len(session.pending), int)
    assert_type(session.pending[0], Operation)
    assert_type(session.pending.ldif(), str)
    assert_type(session.pending.ldif(secrets=True), str)
    for operation in session.pending:
        assert_type(operation, Operation)
        assert_type(operation.dn, str)
    session.commit()
    session.commit(on_error="continue", atomic=True)

    with session.query(User, uid="x").writer() as users:
        assert_type(users, Writer[User])
        assert_type(users[0], User)
        assert_type(users[1:], list[User])
        assert_type(users.new(uid=["x"]), User)
        for each in users:
            assert_type(each, User)
    assert_type(session.writer(User), Writer[User])
    assert_type(User.query().writer(), Writer[User])

Session(LDIFTarget(sys.stdout))
assert_type(user.state, State)

# --- errors --------------------------------------------------------------------------

try:
    session.commit()
except ValidationError as error:
    assert_type(error.findings, tuple[Finding, ...])
except ConflictError as conflict:
    assert_type(len(conflict.failed), int)
except CommitError as failure:
    assert_type(len(failure.done) + len(failure.pending), int)
    for each_error in failure.errors.values():
        assert_type(each_error, LDAPError)

# --- classes -------------------------------------------------------------------------

person = Person.query().one()
assert_type(person.as_(PosixAccount), PosixAccount)
assert_type(person.as_(PosixAccount).uidNumber, int)
assert_type(person.extend(PosixAccount, uidNumber=5), PosixAccount)
person.drop(PosixAccount)

# --- relations -----------------------------------------------------------------------

assert_type(group.member, LinkedValues[User])
assert_type(group.member[0], DN)
assert_type(group.member.first, DN | None)
assert_type(group.member.entries(), list[User])
assert_type(group.member.entries(session), list[User])
assert_type(group.owner.entries(), list[Person])
group.member.append(user)
group.member.append(chief)
group.member.append(user.dn)
group.member.extend([user, user.dn])
group.member += [user]
group.member.insert(0, user)
group.member.remove(user)
group.member[0] = user
group.member[:1] = [user, user.dn]
group.member = [user]
group.member = (each.dn for each in [user])
assert_type(group.member.index(user), int)
names: list[DN] = group.member

assert_type(group.head, LinkedDN[User] | None)
head = group.head
if head is not None:
    assert_type(head.entry(), User)
    assert_type(head.parent, DN | None)
group.head = user
group.head = user.dn
group.head = None

assert_type(user.referenced_by(Group.member), Query[Group])
assert_type(chief.referenced_by(Group.member), Query[Group])
assert_type(user.referenced_by(Admins.member), Query[Admins])
assert_type(user.referenced_by(Group.head).first(), Group | None)
assert_type(user.referenced_by(Group.owner), Query[Group])

assert_type(Group.member == user, Filter)
assert_type(Group.member == user.dn, Filter)
assert_type(Group.member != chief, Filter)
assert_type(Group.member.in_([user, user.dn]), Filter)
assert_type(Group.member.present(), Filter)
assert_type(Group.query(Group.member == user), Query[Group])
