"""What type checkers must refuse of the unit of work and relations."""

from __future__ import annotations

from ldapom import DN, Entry, Many, References, Session, attribute
from tests.typing.models import Person, PosixAccount, User


class Group(Entry, object_class="groupOfNames", base="dc=x", rdn="cn"):
    cn: Many[str] = attribute("cn", must=True)
    member: References[User] = attribute("member", must=True)
    seeAlso: Many[DN] = attribute("seeAlso", default=())


user = User.query().one()
person = Person.query().one()
group = Group.query().one()
session = Session("ldap://localhost")

session.add("x")  # E: mypy type-var; pyright reportArgumentType
session.delete(user.dn)  # E: mypy arg-type; pyright reportArgumentType
session.commit(on_error="ignore")  # E: mypy arg-type; pyright reportArgumentType
session.writer(int)  # E: mypy type-var; pyright reportArgumentType
session.pending.append(1)  # E: mypy attr-defined; pyright reportAttributeAccessIssue
user.state = None  # E: mypy misc assignment; pyright reportAttributeAccessIssue

Group(cn=["x"])  # E: mypy call-arg; pyright reportCallIssue
Group(cn=["x"], member=["x"])  # E: mypy list-item; pyright reportArgumentType
Group(cn=["x"], member=[person])  # E: mypy list-item; pyright reportArgumentType
group.member = ["uid=x"]  # E: mypy list-item; pyright reportAttributeAccessIssue
group.member.append("uid=x")  # E: mypy arg-type; pyright reportArgumentType
group.member.append(person)  # E: mypy arg-type; pyright reportArgumentType
group.member.entries("x")  # E: mypy arg-type; pyright reportArgumentType
group.seeAlso.entries()  # E: mypy attr-defined; pyright reportAttributeAccessIssue
group.seeAlso.append(user)  # E: mypy arg-type; pyright reportArgumentType
person.as_(int)  # E: mypy type-var; pyright reportArgumentType
person.as_(PosixAccount).uidd  # E: mypy attr-defined; pyright reportAttributeAccessIssue

user.referenced_by(Group.seeAlso)  # E: mypy arg-type; pyright reportArgumentType
person.referenced_by(Group.member)  # E: mypy arg-type; pyright reportArgumentType
