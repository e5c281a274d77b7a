"""LDIF out: sources and targets, safe text, folding, secrets, round trips."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import ldif
from ldapom.changes import Add, Change, Delete, Increment, Replace
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

# --- sources and targets -----------------------------------------------------

RECORDS: list[Record] = [
    ContentRecord("cn=é", {"cn": ["é", "e" * 200]}),
    DeleteRecord("cn=y"),
]


def test_reads_from_everything(tmp_path: Path) -> None:
    """Paths, text and binary files and lists of lines are all the same."""
    text = ldif.dumps(RECORDS)
    path = tmp_path / "x.ldif"
    path.write_text(text)

    sources: list[str | Path | list[str] | list[bytes] | io.StringIO | io.BytesIO] = [
        path,
        str(path),
        io.StringIO(text),
        io.BytesIO(text.encode()),
        text.splitlines(),
        text.encode().splitlines(keepends=True),
    ]
    for source in sources:
        assert list(ldif.read(source)) == RECORDS
    assert list(ldif.loads(text.encode())) == RECORDS
    with path.open() as file:
        assert list(ldif.read(file)) == RECORDS


def test_writes_to_everything(tmp_path: Path) -> None:
    """Paths, text and binary files get the same octets, all ASCII."""
    expected = ldif.dumps(RECORDS)
    path = tmp_path / "x.ldif"
    texts, octets = io.StringIO(), io.BytesIO()

    ldif.write(RECORDS, path)
    ldif.write(RECORDS, texts)
    ldif.write(RECORDS, octets)

    assert path.read_bytes() == expected.encode("ascii")
    assert texts.getvalue() == expected
    assert octets.getvalue() == expected.encode("ascii")
    ldif.write(RECORDS, str(path), version=False)
    assert path.read_text() == ldif.dumps(RECORDS, version=False)
    with path.open("wb") as file:
        ldif.write(RECORDS, file)
    assert path.read_bytes() == expected.encode("ascii")


def test_a_path_is_no_text() -> None:
    """LDIF given as a path is answered with the function that reads it."""
    with pytest.raises(ValueError, match="loads"):
        list(ldif.read("dn: cn=x\ncn: x\n"))
    with pytest.raises(FileNotFoundError):
        list(ldif.read("no such file.ldif"))


# --- writing -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("", "cn:"),
        ("x", "cn: x"),
        ("a: b < c", "cn: a: b < c"),
        (" x", "cn:: IHg="),
        ("x ", "cn:: eCA="),
        (" ", "cn:: IA=="),
        (":x", "cn:: Ong="),
        ("<x", "cn:: PHg="),
        ("é", "cn:: w6k="),
        ("a\nb", "cn:: YQpi"),
        ("a\x1bb", "cn:: YRti"),
        (b"\xff", "cn:: /w=="),
        ("#x", "cn: #x"),
        ("-", "cn: -"),
    ],
)
def test_writes_text_only_where_it_is_safe(value: str | bytes, line: str) -> None:
    """SAFE-STRING goes as it is, all else in base64."""
    text = ldif.dumps([ContentRecord("cn=x", {"cn": value})], version=False)

    assert text == f"dn: cn=x\n{line}\n"


def test_folds_long_lines() -> None:
    """No line is longer than 76 characters, and none is folded without need."""
    name = "x" * 72
    exact = ldif.dumps([DeleteRecord(name)], version=False)
    longer = ldif.dumps([DeleteRecord(name + "y")], version=False)

    assert exact == f"dn: {name}\nchangetype: delete\n"
    assert longer == f"dn: {name}\n y\nchangetype: delete\n"
    long = ldif.dumps([ContentRecord("cn=x", {"cn": "y" * 1000})])
    assert max(map(len, long.splitlines())) == 76


@pytest.mark.parametrize("name", ["", "c n", "cn\ndn", "cn:", "é", "cn;", "#cn", "-"])
def test_a_name_can_not_break_a_line(name: str) -> None:
    """An attribute or OID that would change the file's meaning is refused."""
    records: list[Record] = [
        ContentRecord("cn=x", {name: "y"}),
        ModifyRecord("cn=x", [Delete(name)]),
        DeleteRecord("cn=x", controls=[LDIFControl(name)]),
    ]
    for record in records:
        with pytest.raises(ValueError, match="is no"):
            ldif.dumps([record])


def test_only_records_are_written() -> None:
    """Anything else is refused by name."""
    with pytest.raises(TypeError, match="str is no LDIF record"):
        ldif.dumps(["dn: cn=x"])  # type: ignore[list-item]  # what the test is about


def test_hides_secrets_where_asked() -> None:
    """Secret values become comments; nothing else is lost."""
    records: list[Record] = [
        ContentRecord("cn=x", {"cn": "a", "userPassword": "canary"}),
        AddRecord("cn=x", {"cn": "a", "userPassword": "canary"}),
        ModifyRecord("cn=x", [Replace("unicodePwd", "canary"), Add("cn", "b")]),
    ]
    shown = ldif.dumps(records, hide_secrets=True)

    assert "canary" not in shown
    assert shown.count("# userPassword: <6 bytes hidden>\n") == 2
    hidden = "# replace: unicodePwd\n# unicodePwd: <6 bytes hidden>\n# -\nadd: cn\n"
    assert hidden in shown
    assert "canary" not in repr(records)
    assert repr(records).count("6 bytes hidden") == 3
    assert list(ldif.loads(ldif.dumps(records))) == records


def test_what_is_hidden_changes_nothing() -> None:
    """Loaded all the same, it leaves the secret alone: no password is deleted."""
    changes: list[Change] = [
        Replace("userPassword", "canary"),
        Delete("unicodePwd", "canary"),
        Increment("oathSecret", 4711),
        Replace("cn", "b"),
        Delete("userPassword"),
    ]
    shown = ldif.dumps([ModifyRecord("cn=x", changes)], hide_secrets=True)

    assert "canary" not in shown
    assert "4711" not in shown
    assert list(ldif.loads(shown)) == [ModifyRecord("cn=x", changes[3:])]


@pytest.mark.parametrize("name", ["changetype", "ChangeType", "control"])
def test_an_entry_stays_an_entry(name: str) -> None:
    """No attribute that a server makes up turns an entry into a change of it."""
    record = ContentRecord("cn=x", {name: "delete", "cn": "x"})
    text = ldif.dumps([record], version=False)
    (read,) = ldif.loads(text)

    assert text == f"dn: cn=x\ncn: x\n{name}: delete\n"
    assert isinstance(read, ContentRecord)
    assert dict(read.attributes) == dict(record.attributes)


@pytest.mark.parametrize(
    "others", [{}, {"cn": []}, {"userPassword": "secret"}, {"control": "1.2"}]
)
def test_an_entry_that_can_only_be_a_change(others: dict[str, str]) -> None:
    """Where nothing can stand before ``changetype`` it is refused."""
    record = ContentRecord("cn=x", {"changetype": "delete", **others})
    with pytest.raises(ValueError, match="nothing but changetype"):
        ldif.dumps([record], hide_secrets=True)


# --- round trips -------------------------------------------------------------

dns = st.text(st.characters(exclude_categories=["Cs"]))
attribute_names = st.sampled_from(["cn", "sn;lang-de", "2.5.4.3", "userPassword"])
some_values = st.lists(st.binary(max_size=120), min_size=1, max_size=3)
contents = st.dictionaries(attribute_names, some_values, min_size=1)
controls = st.lists(
    st.builds(
        LDIFControl,
        st.sampled_from(["1.2", "1.2.840.113556.1.4.805"]),
        st.booleans(),
        st.none() | st.binary(),
    ),
    max_size=2,
)
changes: st.SearchStrategy[Change] = st.one_of(
    st.builds(Add, attribute_names, some_values),
    st.builds(Delete, attribute_names, st.just([]) | some_values),
    st.builds(Replace, attribute_names, st.just([]) | some_values),
    st.builds(Increment, attribute_names, st.integers()),
)
any_record: st.SearchStrategy[Record] = st.one_of(
    st.builds(ContentRecord, dns, contents),
    st.builds(AddRecord, dns, contents, controls=controls),
    st.builds(DeleteRecord, dns, controls=controls),
    st.builds(ModifyRecord, dns, st.lists(changes), controls=controls),
    st.builds(
        ModDNRecord,
        dns,
        dns,
        delete_old_rdn=st.booleans(),
        new_superior=st.none() | dns,
        controls=controls,
    ),
)


@given(st.lists(any_record))
def test_text_reads_back(records: list[Record]) -> None:
    """What is written reads back, record by record, in ASCII of 76 columns."""
    text = ldif.dumps(records)

    assert list(ldif.loads(text)) == records
    assert list(ldif.loads(text.replace("\n", "\r\n"))) == records
    assert list(ldif.loads(ldif.dumps(records, version=False))) == records
    assert text.isascii()
    assert all(len(line) <= 76 for line in text.splitlines())
