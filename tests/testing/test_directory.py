"""What a user holds: content in and out, copies, recordings, wrappers."""

from __future__ import annotations

import io
import sys
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from ldapom import Entry, Session, Simple, ldif
from ldapom.dn import DN
from ldapom.errors import (
    EntryAlreadyExists,
    LDAPError,
    LDIFSyntaxError,
    ObjectClassViolation,
    ResultCode,
    UnavailableCriticalExtension,
)
from ldapom.protocol import messages as m
from ldapom.schema import DITContentRule, Schema
from ldapom.testing import Directory
from tests.testing.asker import ADA, ADMIN, BASE, PEOPLE, Asker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ldapom.testing.handler import Handle

DOMAIN = {"objectClass": ["domain"]}


def test_empty() -> None:
    """A new directory is empty, knows its suffixes, and has an admin."""
    directory = Directory("dc=one", "o=two")
    assert len(directory) == 0
    assert "dc=one and o=two" in str(directory)
    asker = Asker(directory)
    assert asker.bind("cn=admin,dc=one", "secret") == ResultCode.success
    assert asker.add("o=two", {"objectClass": ["organization"]}).result_code == 0
    assert asker.add("dc=one", DOMAIN).result_code == 0
    assert asker.read("", "namingContexts") == {"namingContexts": (b"dc=one", b"o=two")}


def test_wrong_arguments() -> None:
    """A directory needs a suffix that is a DN, and a known way of writing."""
    with pytest.raises(TypeError):
        Directory()
    with pytest.raises(LDAPError):
        Directory("no dn")
    with pytest.raises(ValueError):
        Directory("dc=x", writable_by="nobody")  # type: ignore[arg-type]  # on purpose


def test_add(box: Directory) -> None:
    """Entries come in from Python, checked as over the wire."""
    box.add(f"cn=x,{BASE}", {"objectClass": "device", "serialNumber": ["1", b"2"]})
    assert f"CN=X,{BASE}" in box
    assert DN.parse(f"cn=x,{BASE}") in box
    assert f"cn=y,{BASE}" not in box
    with pytest.raises(EntryAlreadyExists):
        box.add(f"cn=x,{BASE}", {"objectClass": "device"})
    with pytest.raises(ObjectClassViolation, match="requires attribute 'sn'"):
        box.add(f"cn=y,{BASE}", {"objectClass": "person"})


CHANGES = f"""version: 1
dn: ou=new,{BASE}
changetype: add
objectClass: organizationalUnit

dn: {ADA}
changetype: modify
replace: title
title: Countess
-
add: l
l:: TMO8bmRlbg==
-

dn: {ADA}
changetype: modrdn
newrdn: uid=countess
deleteoldrdn: 1
newsuperior: ou=new,{BASE}

dn: uid=bob,{PEOPLE}
changetype: delete
"""


@pytest.mark.parametrize("kind", ["text", "path", "file", "lines"])
def test_load_changes(box: Directory, tmp_path: Path, kind: str) -> None:
    """LDIF of changes is carried out, wherever it comes from."""
    path = tmp_path / "changes.ldif"
    path.write_text(CHANGES, encoding="utf-8")
    if kind == "text":
        box.load(CHANGES)
    elif kind == "path":
        box.load(path)
    elif kind == "file":
        box.load(io.StringIO(CHANGES))
    else:
        box.load(CHANGES.splitlines(keepends=True))
    entry = Asker(box).read(f"uid=countess,ou=new,{BASE}")
    assert (entry["title"], entry["l"]) == ((b"Countess",), ("Lünden".encode(),))
    assert f"uid=bob,{PEOPLE}" not in box


def test_load_says_where(box: Directory) -> None:
    """What does not fit is named, and what came before it is in."""
    text = f"dn: cn=a,{BASE}\nobjectClass: device\n\ndn: cn=b,{BASE}\nfoo: x\n"
    with pytest.raises(LDAPError) as caught:
        box.load(text)
    assert caught.value.__notes__ == [f"while loading 'cn=b,{BASE}'"]
    assert f"cn=a,{BASE}" in box
    with pytest.raises(LDIFSyntaxError):
        box.load("dn: cn=x\nno colon\n")


def test_dump(box: Directory) -> None:
    """A dump is LDIF that gives an equal directory back, stamps included."""
    Asker(box).bind()
    text = box.dump()
    again = Directory(BASE, admin=(ADMIN, "secret")).load(text)
    assert again.dump() == text
    assert "entryUUID" in text
    plain = list(ldif.loads(box.dump(operational=False)))
    assert len(plain) == 23
    assert not [record for record in plain if "entryUUID" in str(record)]


def test_dump_of_a_moved_parent(box: Directory) -> None:
    """Parents come first in a dump, also where they were added last."""
    box.add(f"ou=late,{BASE}", {"objectClass": "organizationalUnit"})
    box.load(
        f"dn: {ADA}\nchangetype: moddn\nnewrdn: uid=ada\ndeleteoldrdn: 0\n"
        f"newsuperior: ou=late,{BASE}\n"
    )
    again = Directory(BASE).load(box.dump())
    assert len(again) == len(box) == 24


def test_copy(box: Directory) -> None:
    """A copy has a life of its own, and the same rights."""
    other = box.copy()
    asker = Asker(other)
    assert asker.bind() == ResultCode.success
    assert asker.code(m.DelRequest(ADA)) == ResultCode.success
    asker.modify(f"uid=bob,{PEOPLE}", ("replace", "title", ["x"]))
    assert (len(box), len(other)) == (23, 22)
    assert Asker(box).read(f"uid=bob,{PEOPLE}")["title"] == (b"Builder",)
    with other.recording() as requests:
        Asker(box).search()
    assert not requests
    box.add(f"cn=x,{BASE}", {"objectClass": "device"})
    assert f"cn=x,{BASE}" not in other


def test_snapshot(box: Directory) -> None:
    """A snapshot is given back as it was, as often as wanted."""
    before = box.dump()
    snapshot = box.snapshot()
    assert (len(snapshot), str(snapshot)) == (23, "snapshot of 23 entries")
    asker = Asker(box)
    asker.bind()
    for _ in range(2):
        asker.code(m.DelRequest(ADA))
        asker.code(m.ModifyDNRequest(PEOPLE, "ou=persons"))
        assert box.dump() != before
        box.restore(snapshot)
        assert box.dump() == before
        assert len(asker.search()) == 23
        assert asker.code(m.CompareRequest(ADA, "uid", b"ada")) == 6


def test_own_schema() -> None:
    """A directory keeps to the schema it is given."""
    schema = Schema.parse(
        attribute_types=[
            "( 2.5.4.0 NAME 'objectClass' EQUALITY objectIdentifierMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.38 )",
            "( 1.1.1 NAME 'tag' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )",
        ],
        object_classes=[
            "( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass )",
            "( 1.1.2 NAME 'thing' SUP top STRUCTURAL MUST tag )",
        ],
    )
    directory = Directory("tag=Root", schema=schema)
    directory.add("tag=Root", {"objectClass": "thing"})
    assert "tag=root" not in directory
    with pytest.raises(LDAPError, match="cannot have multiple values"):
        directory.add("tag=a,tag=Root", {"objectClass": "thing", "tag": "b"})
    with pytest.raises(LDAPError, match="undefined"):
        directory.add("tag=a,tag=Root", {"objectClass": "thing", "cn": "b"})
    entry = Asker(directory).read("tag=Root", "*", "+")
    assert entry["structuralObjectClass"] == (b"thing",)
    assert "entryUUID" in entry


def test_content_rule() -> None:
    """A DIT content rule adds to what the classes say, and takes away from it."""
    schema = Schema.standard()
    rule = DITContentRule.parse(
        "( 2.5.6.14 NAME 'plain' AUX dcObject MUST serialNumber MAY mail NOT seeAlso )"
    )
    directory = Directory(
        "dc=x", schema=Schema.of(*schema.definitions(), rule), admin=("cn=a", "b")
    )
    device: dict[str, str | list[str]] = {
        "objectClass": ["device"],
        "cn": ["x"],
        "serialNumber": ["1"],
    }
    directory.add("dc=x", device | {"objectClass": ["device", "dcObject"], "mail": "a"})
    refused: list[tuple[dict[str, str | list[str]], str]] = [
        ({"objectClass": ["device", "posixAccount"]}, "by content rule 'plain'"),
        ({"seeAlso": "cn=y"}, "'seeAlso' not allowed"),
        ({"serialNumber": []}, "no values"),
        ({"uid": "x"}, "'uid' not allowed"),
    ]
    for wrong, words in refused:
        with pytest.raises(LDAPError, match=words):
            directory.add("cn=x,dc=x", device | wrong)
    del device["serialNumber"]
    with pytest.raises(ObjectClassViolation, match="'plain' requires"):
        directory.add("cn=x,dc=x", device)


def test_unique_members(box: Directory) -> None:
    """Groups of unique names count for ``memberOf`` too, with or without a UID."""
    box.add(
        f"cn=unique,{BASE}",
        {
            "objectClass": "groupOfUniqueNames",
            "uniqueMember": [ADA.upper(), f"uid=bob,{PEOPLE}#'01'B"],
        },
    )
    groups = Asker(box).read(ADA, "memberOf")["memberOf"]
    assert f"cn=unique,{BASE}".encode() in groups


def test_foreign_dump() -> None:
    """What another server computed is not taken for stored."""
    text = (
        "dn: dc=x\nobjectClass: domain\nhasSubordinates: TRUE\n"
        "entryDN: dc=y\nmemberOf: cn=z\nentryCSN: 1\n"
    )
    asker = Asker(Directory("dc=x").load(text))
    entry = asker.read("dc=x", "+")
    assert entry["hasSubordinates"] == (b"FALSE",)
    assert entry["entryDN"] == (b"dc=x",)
    assert entry["entryCSN"] == (b"1",)
    assert "memberOf" not in entry


def test_wrapped(box: Directory) -> None:
    """A wrapper may answer in the handler's place, for as long as its block runs."""

    def busy(handle: Handle) -> Handle:
        def answers(message: m.LDAPMessage) -> Iterator[m.LDAPMessage]:
            if isinstance(message.op, m.DelRequest):
                op = m.DelResponse(ResultCode.busy)
                yield m.LDAPMessage(message.message_id, op)
            else:
                yield from handle(message)

        return answers

    asker = Asker(box)
    with box.recording() as requests, box.wrapped(busy):
        assert asker.bind() == ResultCode.success
        assert asker.code(m.DelRequest(ADA)) == ResultCode.busy
    assert asker.code(m.DelRequest(ADA)) == ResultCode.success
    assert [type(request.op) for request in requests] == [m.BindRequest]


def test_threads(box: Directory) -> None:
    """Threads that write at once lose nothing and break nothing."""
    failures: list[object] = []

    def work(number: int) -> None:
        asker = Asker(box)
        asker.bind()
        for count in range(25):
            dn = f"cn={number}-{count},{BASE}"
            codes = [
                asker.add(dn, {"objectClass": ["device"]}).result_code,
                asker.code(m.ModifyDNRequest(dn, f"cn=x{number}-{count}")),
                asker.modify(ADA, ("increment", "uidNumber", ["1"])).result_code,
            ]
            failures.extend(code for code in codes if code)
            asker.search()

    threads = [Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failures
    assert len(box) == 23 + 150
    assert Asker(box).read(ADA)["uidNumber"] == (b"1151",)


def test_renaming_above_names_that_are_spelled_otherwise() -> None:
    """A parent takes along what is below, whatever quotes and semicolons are there."""
    box = Directory("dc=x")
    top = {"objectClass": ["dcObject", "organization"], "dc": "x", "o": "x"}
    box.add("dc=x", top)
    unit = {"objectClass": "organizationalUnit", "ou": "a"}
    box.add("ou=a,dc=x", unit)
    names = ['cn="x,y",ou=a,dc=x', "cn=p;ou=a;dc=x", r"cn=q\,r,ou=a,dc=x"]
    for name, cn in zip(names, ["x,y", "p", "q,r"], strict=True):
        box.add(name, {"objectClass": "device", "cn": cn})
    box.add('cn=below,cn="x,y",ou=a,dc=x', {"objectClass": "device", "cn": "below"})
    box.load("dn: ou=a,dc=x\nchangetype: modrdn\nnewrdn: ou=b\ndeleteoldrdn: 1\n")
    found = {str(DN.parse(record.dn)) for record in ldif.loads(box.dump())}
    assert found == {
        "dc=x",
        "ou=b,dc=x",
        r"cn=x\,y,ou=b,dc=x",
        "cn=p,ou=b,dc=x",
        r"cn=q\,r,ou=b,dc=x",
        r"cn=below,cn=x\,y,ou=b,dc=x",
    }
    assert all(name in box for name in found)


def test_loading_changes_with_controls() -> None:
    """A delete of a whole tree is one; what is critical and unknown changes nothing."""
    box = Directory.sample()
    folder = "ou=people,dc=example,dc=com"
    control = "control: 1.2.3.4.5 true"
    with pytest.raises(UnavailableCriticalExtension, match=r"1\.2\.3\.4\.5"):
        box.load(f"dn: {folder}\n{control}\nchangetype: delete\n")
    assert folder in box
    with Session(box, Simple(f"uid=admin,{folder}", "secret")) as session:
        session.delete(session.get(Entry, folder), recursive=True)
        script = session.pending.ldif()
        session.discard()
    box.load(script)
    assert folder not in box


def test_dumping_while_somebody_writes() -> None:
    """A dump is of one moment, however many write meanwhile."""
    box = Directory.sample(people=500)
    names = [f"uid=user{n:05},ou=people,dc=example,dc=com" for n in range(100, 400)]
    done = Event()

    def write() -> None:
        for name in names:
            if not done.is_set():
                box.load(f"dn: {name}\nchangetype: delete\n")

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    writer = Thread(target=write)
    writer.start()
    try:
        while writer.is_alive():
            box.dump()
    finally:
        done.set()
        writer.join()
        sys.setswitchinterval(interval)
