"""LDIF: the examples of RFC 2849, round trips, errors that name the line."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import ldif
from ldapom.changes import Add, Delete, Increment, Replace
from ldapom.dn import DN
from ldapom.errors import LDIFSyntaxError
from ldapom.ldif import (
    AddRecord,
    ContentRecord,
    DeleteRecord,
    LDIFControl,
    ModDNRecord,
    ModifyRecord,
    Record,
)

if TYPE_CHECKING:
    from pathlib import Path

# --- the examples of RFC 2849 ------------------------------------------------


def test_example_1_two_entries() -> None:
    """A simple file: two entries, repeated attributes in order."""
    barbara, bjorn = ldif.loads(
        """\
version: 1
dn: cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com
objectclass: top
objectclass: person
objectclass: organizationalPerson
cn: Barbara Jensen
cn: Barbara J Jensen
cn: Babs Jensen
sn: Jensen
uid: bjensen
telephonenumber: +1 408 555 1212
description: A big sailing fan.

dn: cn=Bjorn Jensen, ou=Accounting, dc=airius, dc=com
objectclass: top
objectclass: person
objectclass: organizationalPerson
cn: Bjorn Jensen
sn: Jensen
telephonenumber: +1 408 555 1212
"""
    )

    assert isinstance(barbara, ContentRecord)
    assert barbara.dn == "cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com"
    assert barbara["CN"] == (b"Barbara Jensen", b"Barbara J Jensen", b"Babs Jensen")
    assert [name for name, _ in barbara.attributes] == [
        *("objectclass", "cn", "sn", "uid", "telephonenumber", "description")
    ]
    assert isinstance(bjorn, ContentRecord)
    assert bjorn["sn"] == (b"Jensen",)


def test_example_2_a_folded_value() -> None:
    """A line that starts with a space continues the one before."""
    (record,) = ldif.loads(
        """\
version: 1
dn:cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com
objectclass:top
description:Babs is a big sailing fan, and travels extensively in sea
 rch of perfect sailing conditions.
title:Product Manager, Rod and Reel Division
"""
    )

    assert isinstance(record, ContentRecord)
    assert record["description"] == (
        b"Babs is a big sailing fan, and travels extensively in search of perfect sailing conditions.",
    )


def test_example_3_a_value_in_base64() -> None:
    """Base64 may be folded too."""
    (record,) = ldif.loads(
        """\
version: 1
dn: cn=Gern Jensen, ou=Product Testing, dc=airius, dc=com
uid: gernj
description:: V2hhdCBhIGNhcmVmdWwgcmVhZGVyIHlvdSBhcmUhICBUaGlzIHZhbHVl
 IGlzIGJhc2UtNjQtZW5jb2RlZCBiZWNhdXNlIGl0IGhhcyBhIGNvbnRyb2wgY2hhcmFjdG
 VyIGluIGl0IChhIENSKS4NICBCeSB0aGUgd2F5LCB5b3Ugc2hvdWxkIHJlYWxseSBnZXQg
 b3V0IG1vcmUu
"""
    )

    assert isinstance(record, ContentRecord)
    assert record["description"] == (
        b"What a careful reader you are!  This value is base-64-encoded because it has a control character in it (a CR).\r  By the way, you should really get out more.",
    )


def test_example_4_names_in_base64() -> None:
    """DN and options may be UTF-8; comments are left out, folded ones too."""
    (record,) = ldif.loads(
        """\
version: 1
dn:: b3U95Za25qWt6YOoLG89QWlyaXVz
# dn:: ou=<JapaneseOU>,o=Airius
#  and more
 of it
objectclass: top
ou:: 5Za25qWt6YOo
ou;lang-ja:: 5Za25qWt6YOo
ou;lang-en: Sales
"""
    )

    assert isinstance(record, ContentRecord)
    assert record.dn == "ou=営業部,o=Airius"
    assert record["ou;lang-ja"] == ("営業部".encode(),)
    assert record["ou"] == ("営業部".encode(),)


def test_example_5_a_value_from_a_file(tmp_path: Path) -> None:
    """A file is read only below the folder that the caller names."""
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a photo.jpg").write_bytes(b"\xff\xd8")
    (tmp_path / "secret").write_bytes(b"secret")
    url = (folder / "a photo.jpg").as_uri()
    text = f"dn: cn=x\njpegphoto:< {url}\n"

    (record,) = ldif.loads(text, files_below=folder)

    assert isinstance(record, ContentRecord)
    assert record["jpegPhoto"] == (b"\xff\xd8",)
    with pytest.raises(LDIFSyntaxError, match="line 2: .*files_below"):
        list(ldif.loads(text))
    for bad in (
        (tmp_path / "secret").as_uri(),
        f"{folder.as_uri()}/../secret",
        f"{folder.as_uri()}/%2e%2e/secret",
        f"{folder.as_uri()}/missing",
        f"{folder.as_uri()}/%00",
        "file://host/etc/passwd",
        "http://[/",
        "http://example.com/x",
        "",
    ):
        with pytest.raises(LDIFSyntaxError, match="line 2"):
            list(ldif.loads(f"dn: cn=x\njpegphoto:< {bad}\n", files_below=folder))
    with pytest.raises(LDIFSyntaxError, match="line 1"):
        list(ldif.loads(f"dn:< {url}\n"))


def test_a_link_does_not_lead_out(tmp_path: Path) -> None:
    """A symbolic link below the folder counts as what it points to."""
    folder = tmp_path / "photos"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    text = f"dn: cn=x\ncn:< {(folder / 'link').as_uri()}\n"

    with pytest.raises(LDIFSyntaxError, match="not below"):
        list(ldif.loads(text, files_below=folder))


EXAMPLE_6 = """\
version: 1
# Add a new entry
dn: cn=Fiona Jensen, ou=Marketing, dc=airius, dc=com
changetype: add
objectclass: top
objectclass: person
cn: Fiona Jensen
sn: Jensen

# Delete an existing entry
dn: cn=Robert Jensen, ou=Marketing, dc=airius, dc=com
changetype: delete

# Modify an entry's relative distinguished name
dn: cn=Paul Jensen, ou=Product Development, dc=airius, dc=com
changetype: modrdn
newrdn: cn=Paula Jensen
deleteoldrdn: 1

# Rename an entry and move all of its children to a new location in
# the directory tree (only implemented by LDAPv3 servers).
dn: ou=PD Accountants, ou=Product Development, dc=airius, dc=com
changetype: modrdn
newrdn: ou=Product Development Accountants
deleteoldrdn: 0
newsuperior: ou=Accounting, dc=airius, dc=com

# Modify an entry: add an additional value to the postaladdress
# attribute, completely delete the description attribute, replace
# the telephonenumber attribute with two values, and delete a specific
# value from the facsimiletelephonenumber attribute
dn: cn=Paula Jensen, ou=Product Development, dc=airius, dc=com
changetype: modify
add: postaladdress
postaladdress: 123 Anystreet $ Sunnyvale, CA $ 94086
-
delete: description
-
replace: telephonenumber
telephonenumber: +1 408 555 1234
telephonenumber: +1 408 555 5678
-
delete: facsimiletelephonenumber
facsimiletelephonenumber: +1 408 555 9876
-
"""


def test_example_6_changes() -> None:
    """Every changetype reads as what it does."""
    assert list(ldif.loads(EXAMPLE_6)) == [
        AddRecord(
            "cn=Fiona Jensen, ou=Marketing, dc=airius, dc=com",
            {
                "objectclass": ["top", "person"],
                "cn": "Fiona Jensen",
                "sn": "Jensen",
            },
        ),
        DeleteRecord("cn=Robert Jensen, ou=Marketing, dc=airius, dc=com"),
        ModDNRecord(
            "cn=Paul Jensen, ou=Product Development, dc=airius, dc=com",
            "cn=Paula Jensen",
        ),
        ModDNRecord(
            "ou=PD Accountants, ou=Product Development, dc=airius, dc=com",
            "ou=Product Development Accountants",
            delete_old_rdn=False,
            new_superior="ou=Accounting, dc=airius, dc=com",
        ),
        ModifyRecord(
            "cn=Paula Jensen, ou=Product Development, dc=airius, dc=com",
            [
                Add("postaladdress", "123 Anystreet $ Sunnyvale, CA $ 94086"),
                Delete("description"),
                Replace("telephonenumber", ["+1 408 555 1234", "+1 408 555 5678"]),
                Delete("facsimiletelephonenumber", "+1 408 555 9876"),
            ],
        ),
    ]


def test_example_7_a_control() -> None:
    """A control comes with its criticality and value."""
    (record,) = ldif.loads(
        """\
version: 1
dn: ou=Product Development, dc=airius, dc=com
control: 1.2.840.113556.1.4.805 true
control: 1.2.3
control: 1.2.4 FALSE: text
control: 1.2.5:: AP8=
control: 1.2.6 true:
changetype: delete
"""
    )

    assert record == DeleteRecord(
        "ou=Product Development, dc=airius, dc=com",
        controls=[
            LDIFControl("1.2.840.113556.1.4.805", True),
            LDIFControl("1.2.3"),
            LDIFControl("1.2.4", False, b"text"),
            LDIFControl("1.2.5", False, b"\0\xff"),
            LDIFControl("1.2.6", True, b""),
        ],
    )


def test_an_increment() -> None:
    """RFC 4525 as OpenLDAP writes it."""
    text = """\
dn: cn=x
changetype: modify
increment: uidNumber
uidNumber: -2
-
"""
    (record,) = ldif.loads(text)

    assert record == ModifyRecord("cn=x", [Increment("uidNumber", -2)])
    assert ldif.dumps([record], version=False) == text


# --- what is tolerated -------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("\n\n# nothing\n", []),
        ("version: 1\n", []),
        ("version:1\n\ndn: cn=x\n", [ContentRecord("cn=x")]),
        ("\ufeffdn: cn=x\n", [ContentRecord("cn=x")]),
        ("dn: cn=x", [ContentRecord("cn=x")]),
        ("DN: cn=x\r\ncn: y\r\n", [ContentRecord("cn=x", {"cn": "y"})]),
        ("dn:\nobjectClass: top", [ContentRecord("", {"objectClass": "top"})]),
        ("dn: cn=é\ncn: é\n", [ContentRecord("cn=é", {"cn": "é"})]),
        ("dn: x\ncn: \ncn:\ncn::\n", [ContentRecord("x", {"cn": ["", "", ""]})]),
        ("dn: x\ncn:  y \n", [ContentRecord("x", {"cn": "y "})]),
        (
            "dn: x\ncn: a\nsn: b\nCN: c",
            [ContentRecord("x", {"cn": ["a", "c"], "sn": "b"})],
        ),
        (
            "dn: x\nmember;range=0-1499: y\n",
            [ContentRecord("x", {"member;range=0-1499": "y"})],
        ),
        (
            "dn: x\n\n\n\ndn: y\nchangetype: MODIFY\nReplace: cn\n",
            [ContentRecord("x"), ModifyRecord("y", [Replace("cn")])],
        ),
        ("dn: x\nchangetype: modify\n", [ModifyRecord("x")]),
        (
            "dn: x\nchangetype: moddn\nnewrdn:: Y249eQ==\ndeleteoldrdn: 1 \n",
            [ModDNRecord("x", "cn=y")],
        ),
    ],
)
def test_reads(text: str, expected: list[Record]) -> None:
    """Small files, with and without version, line ends and padding."""
    assert list(ldif.loads(text)) == expected


def test_broken_utf8_is_kept() -> None:
    """Octets that are no UTF-8 go through names and values unchanged."""
    (record,) = ldif.loads(b"dn: cn=Rak V\xe1clav\ncn: V\xe1clav\n")

    assert isinstance(record, ContentRecord)
    assert record["cn"] == (b"V\xe1clav",)
    assert list(ldif.loads(ldif.dumps([record]))) == [record]
    assert DN.from_server(record.dn).is_opaque


# --- errors ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (" x\n", 1),
        ("dn: x\n\n y\n", 3),
        ("version: 2\n", 1),
        ("version: 1\nversion: 1\n", 2),
        ("cn: x\n", 1),
        ("dn: x\n\nversion: 1\n", 3),
        ("# a\n# b\ndn: x\ncn\n", 4),
        ("dn: x\n-\n", 2),
        ("dn: x\n: y\n", 2),
        ("dn: x\nc n: y\n", 2),
        ("dn: x\ncn;: y\n", 2),
        ("dn: x\ncn:: y\n", 2),
        ("dn: x\ncn:: YQ=\n", 2),
        ("dn: x\ncn:: Y Q==\n", 2),
        ("dn: x\ncn:: \xe9\n", 2),
        ("dn: x\ncn: a\0b\n", 2),
        ("dn: x\ncn: a\rb\n", 2),
        ("dn: x\ncn: folded\n  more\nbad\n", 4),
        ("dn: x\nchangetype: change\n", 2),
        ("dn: x\nchangetype: delete\ncn: x\n", 3),
        ("dn: x\nchangetype: delete\n-\n", 3),
        ("dn: x\nchangetype: add\n", 2),
        ("dn: x\ncontrol: 1.2.3\n", 2),
        ("dn: x\ncontrol: 1.2.3\ncn: x\n", 3),
        ("dn: x\ncontrol: name\nchangetype: delete\n", 2),
        ("dn: x\ncontrol: 1.2.3 yes\nchangetype: delete\n", 2),
        ("dn: x\ncontrol:: MS4y\nchangetype: delete\n", 2),
        ("dn: x\ncontrol: 1.2.3 true:: ?\nchangetype: delete\n", 2),
        ("dn: x\nchangetype: modify\nput: cn\ncn: x\n-\n", 3),
        ("dn: x\nchangetype: modify\nadd: cn\n-\n", 3),
        ("dn: x\nchangetype: modify\nadd: c n\n-\n", 3),
        ("dn: x\nchangetype: modify\nadd: cn\nsn: x\n-\n", 4),
        ("dn: x\nchangetype: modify\nadd: cn\ncn: x\ndelete: sn\n", 5),
        ("dn: x\nchangetype: modify\n-\n", 3),
        ("dn: x\nchangetype: modify\nincrement: n\n-\n", 3),
        ("dn: x\nchangetype: modify\nincrement: n\nn: a\n-\n", 3),
        ("dn: x\nchangetype: modify\nincrement: n\nn: 1\nn: 2\n-\n", 3),
        ("dn: x\nchangetype: modrdn\n", 2),
        ("dn: x\nchangetype: modrdn\nnewrdn: cn=y\n", 3),
        ("dn: x\nchangetype: modrdn\ndeleteoldrdn: 1\nnewrdn: cn=y\n", 3),
        ("dn: x\nchangetype: modrdn\nnewrdn: cn=y\ndeleteoldrdn: yes\n", 4),
        ("dn: x\nchangetype: modrdn\nnewrdn: cn=y\ndeleteoldrdn: 1\ncn: x\n", 5),
        ("dn: cn=x\ncn: \ud800\n", 2),
    ],
)
def test_refuses_what_is_no_ldif(text: str, line: int) -> None:
    """A text outside the grammar is refused with the number of the line."""
    with pytest.raises(LDIFSyntaxError) as caught:
        list(ldif.loads(text))

    assert caught.value.line == line
    assert f"line {line}: " in str(caught.value)


def test_gives_what_comes_before_the_error() -> None:
    """A file is read record by record."""
    records = ldif.loads("dn: cn=x\n\nbad\n")

    assert next(records) == ContentRecord("cn=x")
    with pytest.raises(LDIFSyntaxError):
        next(records)


@given(
    st.text(alphabet="dn:: <#-\n\ra1=version changetype: modify\0é\ud800", max_size=80)
)
def test_reads_or_refuses(text: str) -> None:
    """Any text is records that can be written and read again, or an error."""
    try:
        records = list(ldif.loads("dn: cn=x\n" + text))
    except LDIFSyntaxError:
        return
    assert list(ldif.loads(ldif.dumps(records))) == records


# --- records -----------------------------------------------------------------


def test_records_are_like_mappings() -> None:
    """Attributes are found in any case; an absent one is empty or a `KeyError`."""
    record = ContentRecord(DN.parse("cn=x"), [("cn", "a"), ("sn", []), ("CN", b"b")])

    assert record.dn == "cn=x"
    assert record.attributes == (("cn", (b"a", b"b")), ("sn", ()))
    assert record["cN"] == (b"a", b"b")
    assert record["sn"] == record.get("mail") == ()
    assert "SN" in record
    assert "mail" not in record
    with pytest.raises(KeyError):
        record["mail"]
    assert repr(record) == "ContentRecord('cn=x', {'cn': [b'a', b'b'], 'sn': []})"
    assert pickle.loads(pickle.dumps(record)) == record
    assert len({record, AddRecord("cn=x", record.attributes)}) == 2


def test_writes_what_it_read() -> None:
    """The changes of RFC 2849's example come out as they went in, comments apart."""
    records = list(ldif.loads(EXAMPLE_6))
    written = ldif.dumps(records).replace("version: 1\n\n", "version: 1\n")

    assert written == "\n".join(
        line for line in EXAMPLE_6.split("\n") if not line.startswith("#")
    )


def test_what_ldapsearch_says_for_people_is_left_out() -> None:
    """The output of ``ldapsearch`` without ``-LLL`` reads as its entries alone."""
    text = (
        "# extended LDIF\n#\n# LDAPv3\n# base <dc=x> with scope subtree\n#\n\n"
        "# a, x\ndn: cn=a,dc=x\ncn: a\nref: ldap://kept/\n\n"
        "# search reference\nref: ldap://other/dc=y\n\n"
        "# search result\nsearch: 2\nresult: 0 Success\n\n"
        "# numResponses: 3\n# numEntries: 1\n"
    )

    (record,) = ldif.loads(text)

    assert record == ldif.ContentRecord("cn=a,dc=x", {"cn": "a", "ref": "ldap://kept/"})
    with pytest.raises(LDIFSyntaxError):
        list(ldif.loads("search: x\n"))
