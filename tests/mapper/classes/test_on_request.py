"""Attributes that are read only where a query names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldapom import (
    Attr,
    Entry,
    Many,
    NotLoaded,
    ReadOnlyEntry,
    Session,
    attribute,
    on_request,
)
from ldapom.mapper.queries.shape import Shape

if TYPE_CHECKING:
    from ldapom.testing import Directory

ADMIN = "uid=admin,ou=people,dc=example,dc=com"


class Person(Entry, object_class="person", base="ou=people,dc=example,dc=com"):
    """A person whose number and name cost the server work, as it were."""

    cn: Many[str] = attribute("cn", must=True)
    uidNumber: Attr[int | None] = on_request("uidNumber")
    sn: Many[str] = on_request("sn")


def test_queries_leave_them_out() -> None:
    """They are asked for where ``only`` names them, and ``*`` and ``+`` are not enough."""
    assert Shape(Person).attributes() == ("objectClass", "cn")
    named = Shape(Person, only=("*", "uidNumber"))
    assert named.attributes() == ("objectClass", "*", "uidNumber")
    assert "uidnumber" in named.loaded()
    everything = Shape(Person, only=("*", "+"), operational=True)
    assert not {"uidnumber", "sn"} & everything.loaded()


def test_reading_them(box: Directory) -> None:
    """Not asked for is no value but an error that says how; asked for is typed."""
    with Session(box) as session:
        person = session.query(Person).base(ADMIN).one()
        with pytest.raises(NotLoaded, match=r'ask with .only\("\*", "uidNumber"\)'):
            _ = person.uidNumber
        query = session.query(Person).base(ADMIN)
        person = query.only("*", "uidNumber", "sn").one()
        assert isinstance(person.uidNumber, int)
        assert person.sn.first is not None


def test_only_the_server_writes_them() -> None:
    """They are no constructor arguments and can not be assigned."""
    person = Person(cn=["x"])

    with pytest.raises(ReadOnlyEntry):
        person.uidNumber = 5
    with pytest.raises(TypeError, match="uidNumber"):
        Person(cn=["x"], uidNumber=5)  # type: ignore[call-arg]  # the mistake


def test_conditions_may_name_them(box: Directory) -> None:
    """To search by one is no reading of it."""
    with Session(box) as session:
        assert session.query(Person, Person.uidNumber >= 0).count() >= 1
