"""The people and groups of the sample."""

from __future__ import annotations

import pytest

from ldapom import filters as f
from ldapom import ldif
from ldapom.protocol.messages import PartialAttribute
from ldapom.testing import Directory, sample
from tests.testing.asker import ADMIN, BASE, PEOPLE, Asker


def test_memorable() -> None:
    """A dozen people, five groups of names and three of numbers."""
    asker = Asker(Directory.sample())
    counts = {
        "inetOrgPerson": 12,
        "posixAccount": 12,
        "groupOfNames": 5,
        "posixGroup": 3,
    }
    for name, count in counts.items():
        found = asker.search(f.Equality("objectClass", name.encode()), "1.1")
        assert len(found) == count
    assert asker.bind(ADMIN, "secret") == 0


def test_tricky() -> None:
    """Names and values that break careless clients are among them."""
    asker = Asker(Directory.sample())
    dns = list(asker.search())
    assert f"cn=Whalen\\, Sean,{PEOPLE}" in dns
    assert any('\\"Core\\"' in dn for dn in dns)
    hedy = asker.read(f"uid=hedy,{PEOPLE}")
    assert any(value.endswith(b" ") for value in hedy["description"])
    ada = asker.read(f"uid=ada,{PEOPLE}")
    assert ada["jpegPhoto"][0].startswith(b"\xff\xd8")
    assert "description;lang-de" in ada


def test_references() -> None:
    """Every name that an entry refers to is there."""
    asker = Asker(Directory.sample())
    entries = asker.search()
    known = {dn.encode() for dn in entries}
    for attributes in entries.values():
        for name in ("member", "manager", "secretary", "seeAlso", "owner"):
            assert set(attributes.get(name, ())) <= known


@pytest.mark.parametrize(
    ("people", "entries"), [(None, 23), (1, 23), (12, 23), (13, 25), (250, 264)]
)
def test_how_many(people: int | None, entries: int) -> None:
    """The number of people is what was asked for, and the memorable ones at least."""
    directory = Directory.sample(people=people)
    found = Asker(directory).search(f.Equality("objectClass", b"posixAccount"), "1.1")
    assert len(found) == max(people or 0, 12)
    assert len(directory) == entries


def test_same_each_time() -> None:
    """The content is the same at each call."""
    first, second = Directory.sample(people=30), Directory.sample(people=30)
    assert first.dump(operational=False) == second.dump(operational=False)


def test_others_fit() -> None:
    """The people who come unchecked would pass all checks."""
    checked = Directory.sample()
    for dn, values in sample.others(150):
        attributes = [PartialAttribute(name, v) for name, v in values.items()]
        checked.store.add(dn, attributes, who=ADMIN)
    unchecked = Directory.sample(people=150)
    assert checked.dump(operational=False) == unchecked.dump(operational=False)


def test_file_is_plain_ldif() -> None:
    """The file holds content records alone, every one below the suffix."""
    records = list(ldif.loads(sample.text()))
    assert len(records) == 23
    assert all(isinstance(record, ldif.ContentRecord) for record in records)
    assert all(record.dn.endswith(BASE) for record in records)
