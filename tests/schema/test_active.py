"""Active Directory's schema entries, as servers, LDIF and documents have them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.schema import ActiveAttribute, ActiveClass, Kind, Schema, active

AD_SCHEMA = Path("/usr/share/samba/setup/ad-schema")
LDAP = "1.3.6.1.4.1.1466.115.121.1."
AD = "1.2.840.113556.1.4."

USER = {
    "objectClass": ["top", "classSchema"],
    "cn": ["User"],
    "lDAPDisplayName": ["user"],
    "governsID": ["1.2.840.113556.1.5.9"],
    "objectClassCategory": ["1"],
    "subClassOf": ["organizationalPerson"],
    "auxiliaryClass": ["posixAccount"],
    "systemAuxiliaryClass": ["securityPrincipal", "mailRecipient"],
    "mayContain": ["uid"],
    "systemMayContain": ["mail", "uid"],
    "systemMustContain": ["cn"],
    "systemPossSuperiors": ["organizationalUnit"],
    "rDNAttID": ["cn"],
    "defaultObjectCategory": ["CN=Person,CN=Schema,CN=Configuration,DC=x"],
    "systemOnly": ["FALSE"],
}
ACCOUNT_EXPIRES = {
    "objectClass": ["top", "attributeSchema"],
    "cn": ["Account-Expires"],
    "adminDescription": ["Account-Expires"],
    "lDAPDisplayName": ["accountExpires"],
    "attributeID": ["1.2.840.113556.1.4.159"],
    "attributeSyntax": ["2.5.5.16"],
    "oMSyntax": ["65"],
    "isSingleValued": ["TRUE"],
    "systemFlags": ["16"],
}

#: ``attributeSyntax``, ``oMSyntax``, ``oMObjectClass``, and what LDAP calls it.
SYNTAXES = [
    ("2.5.5.8", "1", b"", LDAP + "7"),
    ("2.5.5.9", "2", b"", LDAP + "27"),
    ("2.5.5.9", "10", b"", LDAP + "27"),
    ("2.5.5.16", "65", b"", AD + "906"),
    ("2.5.5.14", "127", bytes.fromhex("2b0c0287731c00853e"), LDAP + "2"),
    ("2.5.5.14", "127", bytes.fromhex("2a864886f7140101010c"), AD + "904"),
    ("2.5.5.7", "127", bytes.fromhex("56060102050b1d"), AD + "1221"),
    ("2.5.5.7", "127", bytes.fromhex("2a864886f7140101010b"), AD + "903"),
    ("2.5.5.7", "127", b"1.2.840.113556.1.1.1.11", AD + "903"),
    ("2.5.5.1", "127", bytes.fromhex("2b0c0287731c00854a"), LDAP + "12"),
    ("2.5.5.13", "127", bytes.fromhex("2b0c0287731c00855c"), LDAP + "43"),
    ("2.5.5.10", "127", bytes.fromhex("2a864886f71401010106"), LDAP + "40"),
    ("2.5.5.10", "4", b"", LDAP + "40"),
    ("2.5.5.17", "4", b"", LDAP + "40"),
    ("2.5.5.3", "27", b"", AD + "1362"),
    ("2.5.5.5", "22", b"", LDAP + "26"),
    ("2.5.5.5", "19", b"", LDAP + "44"),
    ("2.5.5.6", "18", b"", LDAP + "36"),
    ("2.5.5.2", "6", b"", LDAP + "38"),
    ("2.5.5.4", "20", b"", AD + "905"),
    ("2.5.5.12", "64", b"", LDAP + "15"),
    ("2.5.5.11", "23", b"", LDAP + "53"),
    ("2.5.5.11", "24", b"", LDAP + "24"),
    ("2.5.5.15", "66", b"", AD + "907"),
    ("2.5.5.12", "", b"", LDAP + "15"),
    ("2.5.5.14", "127", b"\xff", AD + "904"),
    ("9.9.9", "1", b"", "9.9.9"),
]


@pytest.mark.parametrize(("syntax", "number", "kind", "expected"), SYNTAXES)
def test_syntaxes(syntax: str, number: str, kind: bytes, expected: str) -> None:
    """[MS-ADTS] 3.1.1.2.2.2: three attributes of the entry say one LDAP syntax."""
    entry = {
        **{k: [v.encode() for v in vs] for k, vs in ACCOUNT_EXPIRES.items()},
        "attributeSyntax": [syntax.encode()],
        "oMSyntax": [number.encode()],
        "oMObjectClass": [kind] if kind else [],
    }

    found = Schema.from_entries([entry]).attribute_types["accountExpires"]

    assert found.syntax == expected
    known = ActiveAttribute.of(found)
    assert known is not None
    assert known.syntax == syntax


def test_a_class() -> None:
    """What a class inherits, demands, allows, and what RFC 4512 has no word for."""
    user = Schema.from_entries([USER]).object_classes["user"]

    assert (user.oid, user.names) == ("1.2.840.113556.1.5.9", ("user",))
    assert (user.kind, user.sup) == (Kind.structural, ("organizationalPerson",))
    assert (user.must, user.may) == (("cn",), ("uid", "mail"))
    assert ActiveClass.of(user) == ActiveClass(
        rdn="cn",
        auxiliary=("posixAccount", "securityPrincipal", "mailRecipient"),
        superiors=("organizationalUnit",),
        category="CN=Person,CN=Schema,CN=Configuration,DC=x",
        system_only=False,
    )


@pytest.mark.parametrize(
    ("category", "kind"),
    [
        ("0", Kind.structural),
        ("1", Kind.structural),
        ("2", Kind.abstract),
        ("3", Kind.auxiliary),
    ],
)
def test_categories(category: str, kind: Kind) -> None:
    """``objectClassCategory`` is the kind; classes of X.500 (1988) are structural."""
    found = Schema.from_entries([{**USER, "objectClassCategory": [category]}])

    assert found.object_classes["user"].kind is kind


def test_top_is_not_its_own_superior() -> None:
    """Active Directory says that top comes from top."""
    top = {**USER, "lDAPDisplayName": ["top"], "subClassOf": ["top"]}

    assert Schema.from_entries([top]).object_classes["top"].sup == ()


@pytest.mark.parametrize(
    ("more", "fixed", "constructed", "back_link"),
    [
        ({}, False, False, False),
        ({"systemOnly": ["TRUE"]}, True, False, False),
        ({"systemFlags": ["134217748"]}, True, True, False),
        (
            {"systemFlags": ["FLAG_SCHEMA_BASE_OBJECT | FLAG_ATTR_IS_CONSTRUCTED"]},
            True,
            True,
            False,
        ),
        ({"linkID": ["2"]}, False, False, False),
        ({"linkID": ["3"]}, True, False, True),
        ({"linkID": ["three"]}, False, False, False),
        (
            {"systemFlags": ["20"], "lDAPDisplayName": ["entryTTL"]},
            False,
            True,
            False,
        ),
    ],
)
def test_who_writes_it(
    more: dict[str, list[str]], fixed: bool, constructed: bool, back_link: bool
) -> None:
    """Computed values, back links and the system's own are not for users to change."""
    schema = Schema.from_entries([ACCOUNT_EXPIRES | more])
    (found,) = schema.attribute_types.values()
    known = ActiveAttribute.of(found)

    assert found.no_user_modification is fixed
    assert known is not None
    assert (known.constructed, known.is_back_link) == (constructed, back_link)


def test_the_rest_of_an_attribute() -> None:
    """Bounds and the global catalogue are kept, by clauses that read back."""
    more = {
        "rangeLower": ["-1"],
        "rangeUpper": ["64"],
        "isMemberOfPartialAttributeSet": ["TRUE"],
        "systemOnly": ["TRUE"],
        "linkID": ["42"],
    }
    schema = Schema.from_entries([ACCOUNT_EXPIRES | more])
    again = Schema.from_ldif(io.StringIO(schema.to_ldif()))

    for found in (schema, again):
        known = ActiveAttribute.of(found.attribute_types["accountExpires"])
        assert known == ActiveAttribute("2.5.5.16", False, 42, -1, 64, True, True)
    assert schema.problems == ()


def test_others_have_none() -> None:
    """A definition of another server knows nothing of this."""
    standard = Schema.standard()

    assert ActiveAttribute.of(standard.attribute_types["cn"]) is None
    assert ActiveClass.of(standard.object_classes["person"]) is None


def test_descriptions() -> None:
    """A sentence is a description; the name once more, with hyphens, is none."""
    text = {"adminDescription": ["When the account's\n  life ends."]}
    plain = Schema.from_entries([ACCOUNT_EXPIRES])
    told = Schema.from_entries([ACCOUNT_EXPIRES | text])

    assert plain.attribute_types["accountExpires"].description is None
    description = told.attribute_types["accountExpires"].description
    assert description == "When the account's life ends."


def test_defunct_definitions_stay() -> None:
    """What was switched off is obsolete, and not lost."""
    schema = Schema.from_entries([ACCOUNT_EXPIRES | {"isDefunct": ["TRUE"]}])

    assert schema.attribute_types["accountExpires"].obsolete


def test_ldif_of_entries() -> None:
    """LDIF of schema entries is a schema; a subschema entry beside them adds to it."""
    text = "".join(
        f"dn: CN={entry['cn'][0]},CN=Schema,DC=x\n"
        + "".join(f"{k}: {v}\n" for k, values in entry.items() for v in values)
        + "\n"
        for entry in (USER, ACCOUNT_EXPIRES)
    )
    more = "dn: CN=Aggregate\nattributeTypes: ( 1.2 NAME 'extra' SYNTAX 1.3 )\n"

    schema = Schema.from_ldif(io.StringIO(text + more))

    assert list(schema.object_classes) == ["user"]
    assert list(schema.attribute_types) == ["accountExpires", "extra"]


def test_a_document() -> None:
    """Microsoft's documents: no names, lists between commas, folded lines."""
    text = """# Rights Notice
cn: ACS-Policy
ldapDisplayName: aCSPolicy
governsId: 1.2.840.113556.1.5.137
objectClassCategory: 1
subClassOf: top
systemMayContain: aCSTotalNoOfFlows, aCSTimeOfDay,aCSServi
 ceType,
schemaIdGuid:7f561288-5301-11d1-a9c5-0000f80367c1

cn: Account-Expires
ldapDisplayName: accountExpires
attributeId: 1.2.840.113556.1.4.159
attributeSyntax: 2.5.5.16
omSyntax: 65
isSingleValued: TRUE
systemFlags: FLAG_SCHEMA_BASE_OBJECT
"""
    schema = Schema.from_ldif(io.StringIO(text))

    policy = schema.object_classes["aCSPolicy"]
    assert policy.may == ("aCSTotalNoOfFlows", "aCSTimeOfDay", "aCSServiceType")
    assert schema.attribute_types["accountExpires"].syntax == AD + "906"


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*active.ATTRIBUTES, "other"]),
            st.lists(
                st.one_of(st.text(max_size=12), st.binary(max_size=12)), max_size=3
            ),
        ),
        max_size=12,
    )
)
def test_any_entry_reads(entry: list[tuple[str, list[str | bytes]]]) -> None:
    """A hostile entry gives a text that a schema reads or lists as a problem."""
    found = active.definition(entry)
    if found is None:
        return
    field, text = found
    schema = Schema.parse(**{field: [text]})
    assert len(list(schema.definitions())) + len(schema.problems) >= 1


@pytest.mark.skipif(not AD_SCHEMA.exists(), reason="Samba's provision is not installed")
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("AD_DS_Attributes__Windows_Server_2016.ldf", 1498),
        ("AD_DS_Classes__Windows_Server_2016.ldf", 269),
        ("MS-AD_Schema_2K8_R2_Attributes.txt", 1314),
        ("MS-AD_Schema_2K8_R2_Classes.txt", 234),
    ],
)
def test_the_published_schemas(name: str, count: int) -> None:
    """Nothing of what Microsoft publishes is lost."""
    schema = Schema.from_ldif(AD_SCHEMA / name)

    assert len(list(schema.definitions())) == count
    assert [p for p in schema.problems if p.position is not None] == []
