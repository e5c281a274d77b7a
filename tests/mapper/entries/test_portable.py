"""Entries as dictionaries, JSON and LDIF, and back."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import (
    DN,
    FOREVER,
    NEVER,
    Attr,
    ConversionError,
    Entry,
    Many,
    PostalAddress,
    Session,
    Sid,
    State,
    attribute,
)
from ldapom.mapper.classes import convert
from ldapom.mapper.entries.plain import read_duration, write_duration
from tests.mapper.models import Odd, Person, User, read, user
from tests.schema.test_syntaxes import EVERY, strategy_of

if TYPE_CHECKING:
    from ldapom.schema.syntax import Syntax


class Every(Entry, object_class="every"):
    """One attribute of each type."""

    text: Attr[str | None] = attribute("text", default=None)
    number: Attr[int | None] = attribute("number", default=None)
    truth: Attr[bool | None] = attribute("truth", default=None)
    octets: Many[bytes] = attribute("octets", default=())
    when: Attr[datetime | None] = attribute("when", default=None)
    expires: Attr[datetime | None] = attribute("accountExpires", default=None)
    age: Attr[timedelta | None] = attribute("maxPwdAge", default=None)
    name: Many[DN] = attribute("member", default=())
    guid: Attr[UUID | None] = attribute("objectGUID", read_only=True)
    sid: Attr[Sid | None] = attribute("objectSid", default=None)
    post: Many[PostalAddress] = attribute("postalAddress", default=())


def everything() -> Every:
    """An entry with a value of each type."""
    return Every(
        dn="cn=ä,dc=x",
        text="ü\0",
        number=-(10**40),
        truth=False,
        octets=[b"\xff\x00", b""],
        when=datetime(2024, 1, 31, 23, 59, 59, 5, tzinfo=UTC),
        expires=NEVER,
        age=FOREVER,
        name=[DN.parse("CN=a ,  DC=b"), DN.opaque("<GUID=x>"), DN.opaque("cn=\udce1")],
        sid=Sid.parse("S-1-5-32-544"),
        post=[PostalAddress(["a$", ""])],
    )


def test_values_that_json_knows() -> None:
    """Each type has one form, and names have the entry's own spelling."""
    assert everything().to_dict() == {
        "dn": "cn=ä,dc=x",
        "objectClass": ["top", "every"],
        "text": "ü\0",
        "number": -(10**40),
        "truth": False,
        "octets": ["/wA=", ""],
        "when": "2024-01-31T23:59:59.000005+00:00",
        "expires": "9999-12-31T23:59:59.999999+00:00",
        "age": "P999999999DT86399.999999S",
        "name": ["CN=a ,  DC=b", "<GUID=x>", "cn=\udce1"],
        "sid": "S-1-5-32-544",
        "post": [["a$", ""]],
    }


def test_what_is_made_of_it_is_equal() -> None:
    """By dictionary, JSON and LDIF."""
    entry = everything()
    again = Every.from_dict(entry.to_dict())
    assert again.state is State.new
    assert again.to_dict() == entry.to_dict()
    assert again.name == entry.name
    assert list(map(str, again.name)) == list(map(str, entry.name))
    assert Every.from_json(entry.to_json()).to_dict() == entry.to_dict()
    assert (
        Every.from_json(entry.to_json(indent=2).encode()).to_dict() == entry.to_dict()
    )
    assert Every.from_ldif(entry.to_ldif()).to_dict() == entry.to_dict()
    entry.name.pop()
    assert "ü" in entry.to_json()


@pytest.mark.parametrize("syntax", EVERY, ids=str)
@given(data=st.data())
def test_values_of_every_syntax_survive(
    syntax: Syntax[object], data: st.DataObject
) -> None:
    """As they are, through JSON."""
    value = data.draw(strategy_of(syntax))
    plain = json.loads(json.dumps(convert.to_plain(value)))
    again = convert.from_plain(plain, syntax.python)
    assert again == value
    assert syntax.encode(again) == syntax.encode(value)


@given(st.timedeltas())
def test_durations_survive(value: timedelta) -> None:
    """To the microsecond, also the longest and the shortest."""
    assert read_duration(write_duration(value)) == value


@pytest.mark.parametrize("text", ["", "P", "P1D", "PT5S", "P1DT5", "P9999999999DT0S"])
def test_no_durations(text: str) -> None:
    """Other forms of ISO 8601 are not written here, and not read."""
    with pytest.raises(ValueError, match="no duration"):
        read_duration(text)
    with pytest.raises(ValueError, match="too long"):
        read_duration("-P999999999DT86400S")


def test_secrets_stay_behind() -> None:
    """Unless they are asked for."""
    entry = user(userPassword=[b"hunter2"])
    for text in (repr(entry.to_dict()), entry.to_json(), entry.to_ldif()):
        assert "hunter2" not in text
        assert "userPassword" not in text
        assert "aHVudGVyMg==" not in text
    assert entry.to_dict(secrets=True)["userPassword"] == ["aHVudGVyMg=="]
    assert "userPassword: hunter2" in entry.to_ldif(secrets=True)
    assert User.from_json(entry.to_json(secrets=True)).userPassword == [b"hunter2"]
    with pytest.raises(ConversionError) as caught:
        User.from_dict({"userPassword": ["hunter2"]})
    assert "hunter2" not in str(caught.value)

    class Locked(Entry):
        pin: Attr[int | None] = attribute("userPassword", default=None)

    with pytest.raises(ConversionError) as caught:
        Locked.from_ldif("dn: cn=x\nuserPassword: hunter2\n")
    assert "hunter2" not in str(caught.value)


def test_what_was_read() -> None:
    """What was loaded and is there, also what only servers write, and no more."""
    guid = bytes(range(16))
    entry = read(
        Odd,
        ("objectClass", [b"odd"]),
        ("objectGUID", [guid]),
        ("cn;lang-de", [b"x"]),
        ("unknown", [b"y"]),
        loaded=frozenset({"objectclass", "objectguid"}),
    )
    entry_as = entry.to_dict()
    assert entry_as == {
        "dn": "uid=x,dc=example,dc=com",
        "objectClass": ["odd"],
        "objectGUID": str(UUID(bytes_le=guid)),
        "cn_de": ["x"],
    }
    again = Odd.from_dict(entry_as)
    assert again.to_dict() == entry_as
    assert again.objectGUID == entry.objectGUID
    assert "unknown: y" in entry.to_ldif()
    with pytest.raises(TypeError, match="Odd has no attribute 'unknown'"):
        Odd.from_ldif(entry.to_ldif())
    assert read(Person, ("cn", [b"x"]), ("cn;lang-de", [b"y"])).to_dict() == {
        "dn": "uid=x,dc=example,dc=com",
        "cn": ["x"],
        "cn;lang-de": ["y"],
    }


def test_a_value_that_does_not_decode() -> None:
    """It is an error here as where it is read; LDIF has the octets."""
    entry = read(Person, ("cn", [b"\xff"]))
    with pytest.raises(ConversionError):
        entry.to_dict()
    assert "cn:: /w==" in entry.to_ldif()
    with pytest.raises(ConversionError, match="cn of"):
        Person.from_ldif(entry.to_ldif())


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        ({"uidd": ["x"]}, TypeError, "did you mean 'uid'"),
        ({"dn": 5}, TypeError, "text of a DN"),
        ({"uid": "x"}, ConversionError, "a list of values"),
        ({"uid": [5]}, ConversionError, "uid of ''"),
        ({"uidNumber": "5"}, ConversionError, "uidNumber"),
        ({"uidNumber": True}, ConversionError, "int, not bool"),
        ({"uidNumber": [5]}, ConversionError, "uidNumber"),
        ({"jpegPhoto": ["%"]}, ConversionError, "jpegPhoto"),
        ({"jpegPhoto": [5]}, ConversionError, "jpegPhoto"),
        ({"seeAlso": [5]}, ConversionError, "seeAlso"),
        ({"postalAddress": ["a"]}, ConversionError, "list of lines"),
        ({"postalAddress": [[5]]}, ConversionError, "postalAddress"),
        ({"uidNumber": 1, "UIDNUMBER": 2}, ConversionError, "2 values came"),
    ],
)
def test_what_can_not_be_read(
    values: dict[str, Any], kind: type[Exception], words: str
) -> None:
    """The error names the attribute and what was expected."""
    with pytest.raises(kind, match=words):
        User.from_dict(values)


@pytest.mark.parametrize(
    ("make", "name"),
    [(User.from_dict, "from_dict"), (User.from_ldif, "from_ldif")],
)
def test_names_that_nobody_knows(make: Any, name: str) -> None:
    """All are named, with what to do: they would be lost in silence."""
    values = {"uidd": "x", "uid": ["u"], "shoeSize;x-left": "44", "cn": ["c"]}
    ldif = "dn: uid=u,dc=x\nuidd: x\nuid: u\nshoeSize;x-left: 44\ncn: c\n"
    with pytest.raises(TypeError) as caught:
        make(values if name == "from_dict" else ldif)
    assert str(caught.value) == (
        "User has no attributes 'uidd', 'shoeSize;x-left'; leave them out, or declare "
        "them in the class, with read_only=True for what only the server writes"
    )
    with pytest.raises(TypeError, match=r"did you mean 'uid'.*\? Else leave it out"):
        make({"uidd": "x"} if name == "from_dict" else "dn: cn=x\nuidd: x\n")


def test_what_servers_keep_is_read_and_not_sent(session: Session) -> None:
    """A record with operational attributes, as servers export it, makes a new entry."""
    text = (
        "dn: uid=zoe,ou=people,dc=example,dc=com\nuid: zoe\ncn: Zoe\nsn: Z\n"
        "entryUUID: 5e3dbc68-6e5d-4a1a-8f7d-0123456789ab\ncreateTimestamp: odd\n"
        "modifyTimestamp: 20240229120000Z\nuidNumber: 7\ngidNumber: 7\n"
        "homeDirectory: /home/zoe\n"
    )
    zoe = User.from_ldif(text)
    again = User.from_dict({**zoe.to_dict(), "modifyTimestamp": "2024-02-29T12:00:00Z"})
    assert zoe.operational.modifyTimestamp == again.operational.modifyTimestamp
    assert zoe.extra["createTimestamp"] == [b"odd"]
    session.add(zoe)
    assert "Timestamp" not in session.pending.ldif()
    session.commit()
    session.refresh(zoe)
    assert str(zoe.raw) == str(session.get(User, str(zoe.dn)).raw)


def test_texts_that_are_no_entry() -> None:
    """Another JSON value, no JSON, another LDIF, several records."""
    with pytest.raises(TypeError, match="JSON object, not list"):
        User.from_json("[]")
    with pytest.raises(ValueError):
        User.from_json("{")
    with pytest.raises(ValueError, match="not DeleteRecord"):
        User.from_ldif("dn: cn=x\nchangetype: delete\n")
    with pytest.raises(ValueError, match="not nothing"):
        User.from_ldif("")
    with pytest.raises(ConversionError, match="2 values"):
        User.from_ldif("dn: cn=x\nuidNumber: 1\nuidNumber: 2\n")


def test_names_and_absence() -> None:
    """LDAP names are known too, None is no value, and a class may name the entry."""
    entry = User.from_dict(
        {"commonName": ["x"], "uid": ["u"], "gecos": None, "CN;Lang-DE": ["y"]}
    )
    assert entry.cn == ["x"]
    assert entry.cn.lang("de") == ["y"]
    assert entry.gecos is None
    assert str(entry.dn) == "uid=u,ou=people,dc=example,dc=com"
    assert Odd.from_dict({"cn;lang-de": ["z"]}).cn_de == ["z"]
    assert User.from_json('{"cn": ["a"], "commonName": ["b"]}').cn == ["a", "b"]
    assert User.from_ldif("dn: cn=a\ncn: a\n2.5.4.3: b\n").cn == ["a", "b"]
    assert "dn" not in Person(cn=["x"], sn=["x"]).to_dict()


def test_copies_compare_equal(session: Session) -> None:
    """Pickles and copies hold the snapshot, and no connection."""
    ada = session.get(User, "uid=ada,ou=people,dc=example,dc=com")
    ada.mail.append("new@example.com")
    known = ada.to_dict(secrets=True)
    for again in (
        copy.copy(ada),
        copy.deepcopy(ada),
        pickle.loads(pickle.dumps(ada)),
        User.from_dict(known),
    ):
        assert again.to_dict(secrets=True) == known
        assert again._state.unit is None
        assert session not in vars(again).values()
    assert "new@example.com" in ada.to_ldif()
    session.discard()
    assert "new@example.com" not in ada.to_ldif()


def test_a_copy_can_be_added(session: Session) -> None:
    """To the same directory under another name, or to another one."""
    ada = session.get(User, "uid=ada,ou=people,dc=example,dc=com")
    other = User.from_dict({**ada.to_dict(), "dn": "", "uid": ["twin"]})
    session.add(other)
    session.commit()
    again = session.get(User, "uid=twin,ou=people,dc=example,dc=com")
    assert again.cn == ada.cn
