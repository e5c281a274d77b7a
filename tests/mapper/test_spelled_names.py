"""Names whose values the server spells as this side would not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ldapom import Attr, Converter, Converters, Entry, Many, Session, attribute
from tests.mapper.changes import CREDENTIALS
from tests.mapper.tables import padded

if TYPE_CHECKING:
    from ldapom.testing import Directory

PEOPLE = "ou=people,dc=example,dc=com"
PADDED_TEXT = Converter.text(lambda text: text.lstrip("0"), padded)
PADDED = Converters({"employeeNumber": PADDED_TEXT, "roomNumber": PADDED_TEXT})


class Staff(Entry, object_class="inetOrgPerson", base=PEOPLE, rdn="number"):
    """Named by a number, which a session reads."""

    cn: Many[str] = attribute("cn", must=True)
    sn: Many[str] = attribute("sn", must=True)
    number: Attr[str | None] = attribute("employeeNumber", default=None)


class Roomed(Entry, object_class="inetOrgPerson", base=PEOPLE, rdn="room"):
    """Named by one of several numbers."""

    cn: Many[str] = attribute("cn", must=True)
    sn: Many[str] = attribute("sn", must=True)
    room: Many[int] = attribute("roomNumber", default=())


class Shelved(Entry, object_class="inetOrgPerson", base=PEOPLE, rdn="room"):
    """The same where a session reads the numbers."""

    cn: Many[str] = attribute("cn", must=True)
    sn: Many[str] = attribute("sn", must=True)
    room: Many[str] = attribute("roomNumber", default=())


def store(box: Directory, rdn: str, **more: list[str]) -> str:
    """An entry as another program has written it."""
    values: dict[str, Any] = {
        "objectClass": ["inetOrgPerson"],
        "cn": ["a"],
        "sn": ["b"],
    }
    with Session(box, CREDENTIALS) as session:
        session.connection.add(f"{rdn},{PEOPLE}", {**values, **more})
    return f"{rdn},{PEOPLE}"


@pytest.mark.parametrize(
    ("model", "table", "old", "added", "new"),
    [
        pytest.param(Roomed, None, "007", 8, "8", id="number"),
        pytest.param(Shelved, PADDED, "7", "8", "00000008", id="converter"),
    ],
)
def test_what_was_not_touched_names_as_before(
    box: Directory,
    model: type[Any],
    table: Converters | None,
    old: str,
    added: Any,
    new: str,
) -> None:
    """Another value is added beside it: that is no rename, and a rename takes it."""
    dn = store(box, f"roomNumber={old}", roomNumber=[old])
    with Session(box, CREDENTIALS, converters=table) as session:
        entry = session.get(model, dn)
        entry.room.append(added)
        assert "modrdn" not in str(session.pending)
        session.commit()
        assert str(entry.dn) == dn
        assert entry.raw["roomNumber"] == [old.encode(), new.encode()]
        session.rename(entry, room=added)
        session.commit()
        assert list(entry.room) == [added]
        session.refresh(entry)
        assert entry.raw["roomNumber"] == [new.encode()]
        assert list(entry.room) == [added]


def test_the_same_value_in_another_spelling(box: Directory) -> None:
    """What reads the same is the same: nothing is sent."""
    dn = store(box, "employeeNumber=42", employeeNumber=["42"])
    with Session(box, CREDENTIALS, converters=PADDED) as session:
        entry = session.get(Staff, dn)
        entry.number = "42"
        assert not session.pending
        entry.number = "43"
        session.commit()
        assert str(entry.dn) == f"employeeNumber=00000043,{PEOPLE}"
        assert entry.raw["employeeNumber"] == [b"00000043"]
