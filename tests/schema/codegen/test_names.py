"""Python names: stable, legal, distinct, and the same for any order of definitions."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import Auxiliary, Entry
from ldapom.schema.codegen import names
from ldapom.schema.codegen.names import Naming, attribute_names, class_names
from tests.schema.codegen.support import NAMINGS

LDAP_NAMES = st.one_of(
    st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,6}", fullmatch=True),
    st.text(max_size=6),
    st.sampled_from(sorted(names.MODULE_NAMES | names.ENTRY_NAMES)),
    st.sampled_from([*keyword.kwlist, "1.2.3", "2fa", "__init__", "ms-ds-foo"]),
)


def one(name: str, naming: Naming = Naming.schema) -> str:
    """Name a single attribute."""
    return attribute_names([name], naming)[name]


def test_reserved_names_are_those_of_entry() -> None:
    """The names kept free for `Entry` are exactly its public names."""
    public = {n for kind in (Entry, Auxiliary) for n in dir(kind) if n[0] != "_"}

    assert public == names.ENTRY_NAMES


@pytest.mark.parametrize(
    ("ldap", "python"),
    [
        ("uidNumber", "uidNumber"),
        ("class", "class_"),
        ("from", "from_"),
        ("None", "None_"),
        ("dn", "dn_"),
        ("query", "query_"),
        ("self", "self_"),
        ("cls", "cls_"),
        ("str", "str_"),
        ("DN", "DN_"),
        ("datetime", "datetime_"),
        ("property", "property_"),
        ("attribute", "attribute_"),
        ("save", "save"),
        ("2fa", "attr_2fa"),
        ("_x", "attr_x"),
        ("__init__", "attr_init__"),
        ("ms-DS-Foo", "ms_DS_Foo"),
        ("email_verified", "email_verified"),
        ("1.2.840.113556.1", "oid_1_2_840_113556_1"),
        ("grüße", "gr__e"),
        ("", "attr_"),
    ],
)
def test_attribute_names_keep_the_spelling(ldap: str, python: str) -> None:
    """The schema's own spelling stays wherever Python and the module allow it."""
    assert one(ldap) == python


@pytest.mark.parametrize(
    ("ldap", "python"),
    [
        ("uidNumber", "uid_number"),
        ("objectGUID", "object_guid"),
        ("userSMIMECertificate", "user_smime_certificate"),
        ("x500UniqueIdentifier", "x500_unique_identifier"),
        ("ms-DS-Foo", "ms_ds_foo"),
        ("Class", "class_"),
        ("cn", "cn"),
        ("sAMAccountName", "sam_account_name"),
        ("nTSecurityDescriptor", "nt_security_descriptor"),
        ("mS-DS-CreatorSID", "ms_ds_creator_sid"),
        ("cACertificate", "ca_certificate"),
        ("eMailAddress", "e_mail_address"),
        ("hasMasterNCs", "has_master_ncs"),
        ("mirrorOSes", "mirror_oses"),
        ("dSUIAdminNotification", "dsui_admin_notification"),
    ],
)
def test_snake_case(ldap: str, python: str) -> None:
    """Words are told apart by their capitals."""
    assert one(ldap, Naming.snake_case) == python


def test_a_collision_leaves_the_unchanged_name_alone() -> None:
    """Of two names that become one, the one that is Python already keeps it."""
    found = attribute_names(["ms-ds-foo", "ms_ds_foo", "ms.ds-foo"], Naming.schema)

    assert found["ms_ds_foo"] == "ms_ds_foo"
    assert found["ms-ds-foo"] == "ms_ds_foo_9a3b"
    assert len(set(found.values())) == 3


def test_a_suffix_never_meets_a_name_of_the_schema() -> None:
    """A name that looks like a suffixed one makes the suffixes longer."""
    first = attribute_names(["a-b", "a_b"], Naming.schema)["a-b"]

    found = attribute_names(["a-b", "a_b", first], Naming.schema)

    assert found[first] == first
    assert found["a-b"].startswith(first)
    assert len(set(found.values())) == 3


@given(
    st.lists(LDAP_NAMES, unique=True, max_size=12),
    st.randoms(),
    st.sampled_from(NAMINGS),
)
def test_attribute_names_are_legal_distinct_and_without_order(
    ldap: list[str], random: object, naming: Naming
) -> None:
    """Any set of names gives identifiers that differ, whatever comes first."""
    found = attribute_names(ldap, naming)
    shuffled = list(ldap)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' Random

    assert attribute_names(shuffled, naming) == found
    assert len(set(found.values())) == len(ldap)
    used = names.ENTRY_NAMES | names.PARAMETER_NAMES | names.MODULE_NAMES
    for python in found.values():
        assert python.isidentifier()
        assert python.isascii()
        assert python[0] != "_"
        assert not keyword.iskeyword(python)
        assert python not in used


@pytest.mark.parametrize(
    ("ldap", "python"),
    [
        ("inetOrgPerson", "InetOrgPerson"),
        ("ms-DS-Foo", "MsDSFoo"),
        ("object", "Object"),
        ("None", "None_"),
        ("entry", "Entry_"),
        ("query", "Query_"),
        ("2fa", "Class2fa"),
        ("1.2.3", "Oid1_2_3"),
        ("", "Class"),
        ("user", "User_"),
    ],
)
def test_class_names(ldap: str, python: str) -> None:
    """Classes begin each word with a capital; the models' names are taken."""
    assert class_names([ldap], ["User", "UserQuery"])[ldap] == python


@pytest.mark.parametrize("name", ["User", "User2", "HTTPUser", "user"])
def test_usable_model_names(name: str) -> None:
    """An ordinary identifier can name a model."""
    assert names.is_usable(name)


@pytest.mark.parametrize(
    "name", ["", "class", "None", "Entry", "_User", "2User", "a b", "Üser", "DN"]
)
def test_unusable_model_names(name: str) -> None:
    """What is no identifier, or used in each module, can not."""
    assert not names.is_usable(name)
