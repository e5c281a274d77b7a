"""What a program gets without writing a single type."""

from __future__ import annotations

from datetime import datetime
from typing import assert_type

from ldapom import DN, Filter, Query, Reader, Session, Values
from tests.typing.models import Person, User

# --- queries -------------------------------------------------------------------------

assert_type(User.query(uid="admin").first(), User | None)
assert_type(User.query(uid="admin"), Query[User])
assert_type(User.query(uid="admin").one(), User)
assert_type(User.query(uid="admin").one_or_none(), User | None)
assert_type(User.query(uid="admin").all(), list[User])
assert_type(User.query(uid="admin").count(), int)
assert_type(User.query(uid="admin").exists(), bool)
assert_type(User.query(uid="admin").reader(), Reader[User])
assert_type(Person.query(cn="x").first(), Person | None)
for each in User.query(User.uidNumber >= 1000, mail="x"):
    assert_type(each, User)

shaped = (
    User.query()
    .where(User.sn.startswith("S"), cn="x")
    .base(DN.parse("dc=x"))
    .scope("one")
    .only("uid", "mail")
    .with_operational()
    .limit(5)
    .page_size(100)
    .order_by("sn")
)
assert_type(shaped, Query[User])
assert_type(shaped.first(), User | None)

reader = User.query().reader()
assert_type(reader[0], User)
assert_type(reader[1:], list[User])
assert_type(reader.match(uid="x"), list[User])
assert_type(reader.match_dn("x"), list[User])
assert_type(reader.search(), Reader[User])

# A query of users is a query of people.
people: Query[Person] = User.query()
some: Reader[Person] = reader

# --- sessions ------------------------------------------------------------------------

with Session("ldap://localhost") as session:
    assert_type(session, Session)
    assert_type(session.query(User, uid="admin").first(), User | None)
    assert_type(session.query(User, User.uidNumber >= 5, cn="x").all(), list[User])
    assert_type(session.query(Person, cn="x").first(), Person | None)
    assert_type(session.get(User, "uid=x"), User)
    assert_type(session.who_am_i(), str)

user = User.query().one()

# --- values --------------------------------------------------------------------------

assert_type(user.uidNumber, int)
assert_type(user.gecos, str | None)
assert_type(user.displayName, str | None)
assert_type(user.mail, Values[str])
assert_type(user.mail.first, str | None)
assert_type(user.mail.one, str)
assert_type(user.mail[0], str)
assert_type(user.jpegPhoto.first, bytes | None)
assert_type(user.seeAlso, Values[DN])
assert_type(user.createTimestamp, datetime | None)
assert_type(user.objectClass, Values[str])
assert_type(user.dn, DN)
assert_type(user.raw["mail"], list[bytes])
assert_type(user.extra["mail"], list[bytes])

# --- conditions ----------------------------------------------------------------------

assert_type(User.uid == "x", Filter)
assert_type(User.uid != "x", Filter)
assert_type(User.gecos == "x", Filter)
assert_type(User.gecos == None, Filter)
assert_type(User.uidNumber >= 3, Filter)
assert_type(User.uidNumber <= 3, Filter)
assert_type(User.uidNumber.in_([1, 2]), Filter)
assert_type(User.gecos.in_(["x"]), Filter)
assert_type(User.gecos.startswith("x"), Filter)
assert_type(User.cn.endswith("x"), Filter)
assert_type(User.cn.contains("x"), Filter)
assert_type(User.cn.like("a*b"), Filter)
assert_type(User.cn.approx("x"), Filter)
assert_type(User.jpegPhoto.present(), Filter)
assert_type(User.uidNumber.matches("1.2.840.113556.1.4.803", 2), Filter)
assert_type(User.seeAlso == user.dn, Filter)
assert_type((User.uid == "x") & (User.cn == "y") | ~(User.sn == "z"), Filter)

# --- changes -------------------------------------------------------------------------

user.uidNumber = 5
user.gecos = None
user.mail = ["a@example.com"]
user.mail = (each for each in user.cn)
user.mail.append("b@example.com")
user.mail += ["c@example.com"]
user.dn = "uid=x"
user.dn = DN.parse("uid=x")

new = User(cn=["x"], sn=["x"], uid=["x"], uidNumber=3)
assert_type(new, User)
User(cn=["x"], sn=("x",), uid=["x"], uidNumber=3, gecos="x", mail=[], dn="uid=x")
