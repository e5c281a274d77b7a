"""What Add, Modify, Delete and ModifyDN do, and with which codes they are refused.

The codes were compared with OpenLDAP 2.5; it differs in one: a Modify that takes the
value of an RDN away is namingViolation there and notAllowedOnRDN in RFC 4511 4.6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest

from ldapom import filters as f
from ldapom.errors import ResultCode
from ldapom.protocol import messages as m
from tests.testing.asker import ADA, ADMIN, BASE, GROUPS, PEOPLE, Asker, found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ldapom.testing import Directory

Change: TypeAlias = "tuple[str, str, Sequence[str | bytes]]"
DEVICE = {"objectClass": ["device"], "cn": ["x"]}
PERSON = {"objectClass": ["person"], "cn": ["x"], "sn": ["x"]}
WHEEL = f"cn=wheel,{GROUPS}"


@pytest.mark.parametrize(
    ("dn", "attributes", "code", "matched"),
    [
        (f"cn=x,{PEOPLE}", DEVICE, "success", ""),
        (f"cn=x+serialNumber=1,{PEOPLE}", DEVICE, "success", ""),
        (f"cn=y,{PEOPLE}", {"objectClass": ["device"]}, "success", ""),
        (f"cn=x,ou=none,{PEOPLE}", DEVICE, "noSuchObject", PEOPLE),
        (f"UID=ADA, {PEOPLE}", {"objectClass": ["account"]}, "entryAlreadyExists", ""),
        (f"cn=x,{PEOPLE}", DEVICE | {"foo": ["1"]}, "undefinedAttributeType", ""),
        (f"cn=x,{PEOPLE}", DEVICE | {"o;": ["1"]}, "undefinedAttributeType", ""),
        (f"cn=x,{PEOPLE}", {"objectClass": ["foo"]}, "invalidAttributeSyntax", ""),
        (f"cn=x,{PEOPLE}", {"objectClass": ["person"]}, "objectClassViolation", ""),
        (f"uid=x,{PEOPLE}", DEVICE, "objectClassViolation", ""),
        (f"cn=x,{PEOPLE}", DEVICE | {"sn": ["x"]}, "objectClassViolation", ""),
        (f"cn=x,{PEOPLE}", {"cn": ["x"]}, "objectClassViolation", ""),
        (f"cn=x,{PEOPLE}", {"objectClass": ["top"]}, "objectClassViolation", ""),
        (
            f"cn=x,{PEOPLE}",
            PERSON | {"objectClass": ["person", "device"]},
            "objectClassViolation",
            "",
        ),
        (
            f"dc=x,{PEOPLE}",
            {"objectClass": ["dcObject"], "dc": ["x"]},
            "objectClassViolation",
            "",
        ),
        (f"cn=x,{PEOPLE}", DEVICE | {"cn": ["x", "X "]}, "attributeOrValueExists", ""),
        (f"cn=x,{PEOPLE}", DEVICE | {"o": []}, "protocolError", ""),
        (f"cn=x,{PEOPLE}", DEVICE | {"o": [""]}, "invalidAttributeSyntax", ""),
        (f"cn=x,{PEOPLE}", DEVICE | {"o": [b"\xff"]}, "invalidAttributeSyntax", ""),
        (
            f"cn=x,{PEOPLE}",
            DEVICE | {"creatorsName": [ADMIN]},
            "constraintViolation",
            "",
        ),
        ("no dn", DEVICE, "invalidDNSyntax", ""),
        (f"foo=x,{PEOPLE}", DEVICE, "invalidDNSyntax", ""),
        ("cn=x,dc=elsewhere", DEVICE, "unwillingToPerform", ""),
        ("", DEVICE, "unwillingToPerform", ""),
    ],
)
def test_add(
    admin: Asker,
    dn: str,
    attributes: dict[str, list[str | bytes]],
    code: str,
    matched: str,
) -> None:
    """An entry comes in when name, place, classes and values fit."""
    before = len(admin.search())
    answer = admin.add(dn, attributes)
    assert answer.result_code == ResultCode[code], answer
    assert answer.matched_dn == matched
    assert len(admin.search()) == before + (code == "success")


@pytest.mark.parametrize(
    ("dn", "attributes", "code"),
    [
        (
            f"cn=x,{PEOPLE}",
            DEVICE | {"CN": ["y"], "cn": ["x"]},
            "attributeOrValueExists",
        ),
        (
            f"cn=x,{PEOPLE}",
            DEVICE | {"2.5.4.7": ["y"], "l": ["x"]},
            "attributeOrValueExists",
        ),
        (f"cn=x+cn=y,{PEOPLE}", DEVICE, "invalidDNSyntax"),
        (f"uidNumber=x,{PEOPLE}", DEVICE | {"foo": ["x"]}, "invalidDNSyntax"),
        (f"createTimestamp=x,{PEOPLE}", DEVICE, "invalidDNSyntax"),
        (f"createTimestamp=20200101000000Z,{PEOPLE}", DEVICE, "namingViolation"),
        ("cn=x,dc=elsewhere", DEVICE | {"foo": ["x"]}, "undefinedAttributeType"),
        ("cn=x,dc=elsewhere", DEVICE | {"mail": ["x"]}, "unwillingToPerform"),
        (
            f"cn=x,{PEOPLE}",
            DEVICE | {"creatorsName": ["x"], "l": [""]},
            "invalidAttributeSyntax",
        ),
    ],
)
def test_which_fault_an_add_is_refused_for(
    admin: Asker, dn: str, attributes: dict[str, list[str | bytes]], code: str
) -> None:
    """The name first, then each attribute, then the place, then the classes."""
    assert admin.add(dn, attributes).result_code == ResultCode[code]


def test_modify_of_what_is_not_there(admin: Asker) -> None:
    """A change that fits no entry is refused as such, whatever it is asked of."""
    nobody = f"uid=nobody,{PEOPLE}"
    bad = admin.modify(nobody, ("add", "uidNumber", ["x"]))
    good = admin.modify(nobody, ("add", "uidNumber", ["1"]))
    assert bad.result_code == ResultCode.invalidAttributeSyntax
    assert (good.result_code, good.matched_dn) == (ResultCode.noSuchObject, PEOPLE)


def test_added(admin: Asker) -> None:
    """A new entry holds what was given, its RDN's values and its stamps."""
    admin.add(f"cn=New One,{PEOPLE}", {"2.5.4.0": ["device"], "CN;LANG-de": ["Neu"]})
    entry = admin.read(f"cn=new  one,{PEOPLE}", "*", "+")
    assert entry["objectClass"] == (b"device",)
    assert entry["cn"] == (b"New One",)
    assert entry["cn;lang-de"] == (b"Neu",)
    assert entry["structuralObjectClass"] == (b"device",)
    assert entry["creatorsName"] == entry["modifiersName"] == (ADMIN.encode(),)
    assert entry["createTimestamp"] == entry["modifyTimestamp"]
    assert len(entry["entryUUID"][0]) == 36
    assert entry["hasSubordinates"] == (b"FALSE",)
    assert entry["subschemaSubentry"] == (b"cn=Subschema",)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ([("replace", "uidNumber", ["01"])], "invalidAttributeSyntax"),
        ([("add", "uidNumber", ["77"])], "constraintViolation"),
        ([("replace", "uidNumber", ["7", "8"])], "constraintViolation"),
        ([("add", "cn", ["ADA  lovelace"])], "attributeOrValueExists"),
        ([("add", "cn", ["new", "NEW"])], "attributeOrValueExists"),
        ([("add", "title", [])], "protocolError"),
        ([("add", "title", [""])], "invalidAttributeSyntax"),
        ([("delete", "cn", ["nope"])], "noSuchAttribute"),
        ([("delete", "seeAlso", [])], "noSuchAttribute"),
        ([("delete", "cn;lang-de", [])], "noSuchAttribute"),
        ([("delete", "uid", [])], "notAllowedOnRDN"),
        ([("delete", "uid", ["ADA"])], "notAllowedOnRDN"),
        ([("replace", "uid", ["adb"])], "notAllowedOnRDN"),
        ([("delete", "sn", [])], "objectClassViolation"),
        ([("delete", "objectClass", ["posixAccount"])], "objectClassViolation"),
        ([("delete", "objectClass", [])], "objectClassViolation"),
        ([("delete", "objectClass", ["inetOrgPerson"])], "objectClassModsProhibited"),
        ([("add", "objectClass", ["device"])], "objectClassViolation"),
        ([("add", "objectClass", ["foo"])], "invalidAttributeSyntax"),
        ([("add", "jpegPhoto", [b"x"])], "inappropriateMatching"),
        ([("delete", "jpegPhoto", [b"x"])], "inappropriateMatching"),
        ([("increment", "sn", ["1"])], "constraintViolation"),
        ([("increment", "uidNumber", ["1", "2"])], "protocolError"),
        ([("increment", "uidNumber", [])], "protocolError"),
        ([("replace", "entryUUID", ["x"])], "invalidAttributeSyntax"),
        ([("replace", "hasSubordinates", ["TRUE"])], "constraintViolation"),
        ([("replace", "foo", ["x"])], "undefinedAttributeType"),
        ([("replace", "l", ["x"]), ("add", "l", ["X"])], "attributeOrValueExists"),
        # What is wrong with the request alone is told first, as OpenLDAP does.
        ([("delete", "seeAlso", []), ("add", "title", [])], "protocolError"),
        (
            [("delete", "seeAlso", []), ("increment", "sn", ["1"])],
            "constraintViolation",
        ),
        ([("replace", "uidNumber", ["x", "y"])], "invalidAttributeSyntax"),
        ([("replace", "entryUUID", []), ("add", "l", [""])], "invalidAttributeSyntax"),
        ([("delete", "title", ["new", "NEW"])], "noSuchAttribute"),
        ([("delete", "displayName", ["a", "b"])], "noSuchAttribute"),
        ([("delete", "audio", [b"x"])], "inappropriateMatching"),
        ([("add", "preferredDeliveryMethod", ["pigeon"])], "invalidAttributeSyntax"),
        ([("add", "x121Address", [""])], "invalidAttributeSyntax"),
        ([("add", "telexNumber", ["1_2$de"])], "invalidAttributeSyntax"),
    ],
)
def test_modify_refused(admin: Asker, changes: list[Change], code: str) -> None:
    """A modification that does not fit is refused and changes nothing at all."""
    before = admin.read(ADA, "*", "+")
    harmless = ("replace", "carLicense", ["changed"])
    answer = admin.modify(ADA, harmless, *changes)
    assert answer.result_code == ResultCode[code], answer
    assert admin.read(ADA, "*", "+") == before


@pytest.mark.parametrize(
    ("changes", "attribute", "values"),
    [
        ([("add", "title", ["Countess"])], "title", (b"Analyst", b"Countess")),
        ([("add", "CN", ["A"])], "cn", (b"Ada Lovelace", b"Augusta Ada King", b"A")),
        ([("delete", "cn", ["ADA lovelace"])], "cn", (b"Augusta Ada King",)),
        ([("delete", "title", ["analyst"])], "title", None),
        ([("delete", "description", [])], "description;lang-de", "same"),
        ([("delete", "description;lang-de", [])], "description;lang-de", None),
        ([("replace", "title", [])], "title", None),
        ([("replace", "seeAlso", [])], "seeAlso", None),
        ([("replace", "jpegPhoto", [b"1", b"2"])], "jpegPhoto", (b"1", b"2")),
        ([("increment", "uidNumber", ["-2000"])], "uidNumber", (b"-999",)),
        (
            [("delete", "sn", ["king"]), ("add", "sn", ["KING"])],
            "sn",
            (b"Lovelace", b"KING"),
        ),
        ([("replace", "uid", ["ada", "countess"])], "uid", (b"ada", b"countess")),
    ],
)
def test_modify(
    admin: Asker,
    changes: list[Change],
    attribute: str,
    values: tuple[bytes, ...] | str | None,
) -> None:
    """Changes are made in their order; value, spelling and options count as given."""
    before = admin.read(ADA, "*", "+")
    answer = admin.modify(ADA, *changes)
    assert answer.result_code == ResultCode.success, answer
    after = admin.read(ADA, "*", "+")
    wanted = before[attribute] if values == "same" else values
    assert after.get(attribute) == wanted
    assert after["entryCSN"] != before["entryCSN"]
    assert after["entryUUID"] == before["entryUUID"]


def test_index_follows(admin: Asker) -> None:
    """What the index finds follows each change."""
    admin.modify(ADA, ("replace", "mail", ["countess@example.com"]))
    assert not admin.search(f.Equality("mail", b"ada@example.com"))
    assert found(admin.search(f.Equality("mail", b"COUNTESS@example.com"))) == ["ada"]
    admin.ask(m.DelRequest(ADA))
    assert not admin.search(f.Equality("mail", b"countess@example.com"))
    assert not admin.search(f.Equality("uid", b"ada"))


def test_auxiliary_class(admin: Asker) -> None:
    """An auxiliary class comes and goes with its attributes in one Modify."""
    shadow: list[Change] = [
        ("add", "objectClass", ["shadowAccount"]),
        ("add", "shadowMax", ["99"]),
    ]
    assert admin.modify(ADA, *shadow).result_code == ResultCode.success
    assert found(admin.search(f.Equality("objectClass", b"shadowAccount"))) == ["ada"]
    gone: list[Change] = [
        ("delete", "objectClass", ["shadowAccount"]),
        ("delete", "shadowMax", []),
    ]
    assert admin.modify(ADA, *gone).result_code == ResultCode.success


@pytest.mark.parametrize(
    ("dn", "code", "matched"),
    [
        (ADA.upper(), "success", ""),
        (PEOPLE, "notAllowedOnNonLeaf", ""),
        (f"cn=a,uid=b,{PEOPLE}", "noSuchObject", PEOPLE),
        ("dc=elsewhere", "noSuchObject", ""),
        ("no dn", "invalidDNSyntax", ""),
    ],
)
def test_delete(admin: Asker, dn: str, code: str, matched: str) -> None:
    """A leaf goes away; anything else is refused."""
    answer = admin.last(m.DelRequest(dn), m.DelResponse)
    assert (answer.result_code, answer.matched_dn) == (ResultCode[code], matched)
    assert len(admin.search()) == 23 - (code == "success")


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (m.ModifyDNRequest(ADA, "uid=bob"), "entryAlreadyExists"),
        (m.ModifyDNRequest(ADA, "dc=bob"), "objectClassViolation"),
        (m.ModifyDNRequest(ADA, "foo=bob"), "invalidDNSyntax"),
        (m.ModifyDNRequest(ADA, "uid=a,uid=b"), "invalidDNSyntax"),
        (m.ModifyDNRequest(ADA, ""), "invalidDNSyntax"),
        (m.ModifyDNRequest(WHEEL, "gidNumber=100"), "objectClassViolation"),
        (m.ModifyDNRequest(WHEEL, "gidNumber=7", False), "constraintViolation"),
        (m.ModifyDNRequest(ADA, "uid=ada", True, f"ou=x,{BASE}"), "noSuchObject"),
        (m.ModifyDNRequest(PEOPLE, "ou=people", True, ADA), "unwillingToPerform"),
        (m.ModifyDNRequest(PEOPLE, "ou=people", True, PEOPLE), "unwillingToPerform"),
        (m.ModifyDNRequest(BASE, "dc=other"), "affectsMultipleDSAs"),
        (m.ModifyDNRequest(ADA, "uid=ada", True, "dc=other"), "affectsMultipleDSAs"),
        (m.ModifyDNRequest(f"uid=none,{PEOPLE}", "uid=x"), "noSuchObject"),
    ],
)
def test_rename_refused(admin: Asker, request_: m.ModifyDNRequest, code: str) -> None:
    """A rename that does not fit is refused and changes nothing."""
    before = admin.search(f.TRUE, "*", "+")
    assert admin.code(request_) == ResultCode[code]
    assert admin.search(f.TRUE, "*", "+") == before


def test_rename(admin: Asker) -> None:
    """A rename puts the new value in and takes the old one out, if asked."""
    admin.ask(m.ModifyDNRequest(ADA, "uid=countess", False))
    renamed = f"uid=countess,{PEOPLE}"
    assert admin.read(renamed)["uid"] == (b"ada", b"countess")
    admin.ask(m.ModifyDNRequest(renamed, "cn=Ada Lovelace", True))
    entry = admin.read(f"cn=ada lovelace,{PEOPLE}", "*", "entryDN")
    assert entry["uid"] == (b"ada",)
    assert entry["cn"] == (b"Ada Lovelace", b"Augusta Ada King")
    assert entry["entryDN"] == (f"cn=Ada Lovelace,{PEOPLE}".encode(),)


def test_rename_spelling(admin: Asker) -> None:
    """Another spelling of the same name is a rename to itself."""
    assert admin.code(m.ModifyDNRequest(WHEEL, "cn=WHEEL")) == ResultCode.success
    assert list(admin.search(base=WHEEL)) == [f"cn=WHEEL,{GROUPS}"]
    assert admin.read(WHEEL)["cn"] == (b"WHEEL",)


def test_move_subtree(admin: Asker) -> None:
    """What is below an entry moves with it, name, place and index."""
    admin.add(f"ou=site\\, one,{BASE}", {"objectClass": ["organizationalUnit"]})
    request = m.ModifyDNRequest(PEOPLE, "ou=staff", True, f"ou=site\\, one,{BASE}")
    assert admin.code(request) == ResultCode.success
    below = f"ou=staff,ou=site\\, one,{BASE}"
    moved = admin.search(f.Equality("uid", b"ada"), "entryDN")
    assert moved == {f"uid=ada,{below}": {"entryDN": (f"uid=ada,{below}".encode(),)}}
    assert len(admin.search(base=below)) == 13
    assert found(admin.search(base=BASE, scope=m.Scope.one)) == ["groups", "site"]
    assert admin.code(m.DelRequest(f"cn=Whalen\\2c Sean,{below}")) == ResultCode.success
    assert admin.code(m.CompareRequest(ADA, "uid", b"ada")) == ResultCode.noSuchObject


@pytest.mark.parametrize(
    ("attribute", "value", "code"),
    [
        ("cn", b"ADA lovelace", "compareTrue"),
        ("objectClass", b"person", "compareTrue"),
        ("cn", b"bob", "compareFalse"),
        ("name", b"Lovelace", "compareTrue"),
        ("seeAlso", b"cn=x", "noSuchAttribute"),
        ("foo", b"x", "undefinedAttributeType"),
        ("uidNumber", b"x", "invalidAttributeSyntax"),
        ("jpegPhoto", b"x", "inappropriateMatching"),
        ("userPassword", b"secret", "insufficientAccessRights"),
        ("memberOf", f"cn=engineers,{GROUPS}".encode(), "compareTrue"),
    ],
)
def test_compare(anyone: Asker, attribute: str, value: bytes, code: str) -> None:
    """Compare follows the equality rule and tells apart why it can not."""
    assert anyone.code(m.CompareRequest(ADA, attribute, value)) == ResultCode[code]


def test_who_writes(box: Directory) -> None:
    """Only the admin writes; with ``writable_by="anyone"`` everybody does."""
    asker = Asker(box)
    asker.bind(ADA, "secret")
    requests: list[m.ProtocolOp] = [
        m.DelRequest(ADA),
        m.ModifyDNRequest(ADA, "uid=x"),
        m.ModifyRequest(ADA, ()),
        m.AddRequest(f"cn=x,{PEOPLE}", ()),
    ]
    for request in requests:
        assert asker.code(request) == ResultCode.insufficientAccessRights
    open_ = type(box)("dc=test", writable_by="anyone")
    added = Asker(open_).add("dc=test", {"objectClass": ["domain"]})
    assert added.result_code == ResultCode.success
    assert Asker(open_).read("dc=test", "creatorsName") == {"creatorsName": (b"",)}
