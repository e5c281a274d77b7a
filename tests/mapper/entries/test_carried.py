"""What copies and pickles keep of the table of a session."""

from __future__ import annotations

import copy
import pickle
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import pytest

from ldapom import (
    Attr,
    ConversionError,
    Converter,
    Converters,
    Entry,
    Many,
    Session,
    State,
    attribute,
)
from tests.mapper.changes import CREDENTIALS
from tests.mapper.tables import (
    FIRST,
    REMEDY,
    TABLE,
    Host,
    Worker,
    a_host,
    a_worker,
    under,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.testing import Directory


def test_dictionaries_json_ldif(tabled: Session) -> None:
    """As the class says, else as the session does; LDIF has what the server has."""
    found, host = a_worker(tabled), a_host(tabled)
    plain = found.to_dict()
    assert (plain["number"], plain["active"]) == ("42", True)
    again = Worker.from_dict(plain)
    assert (again.number, again.active) == ("42", True)
    assert Worker.from_json(found.to_json()).to_dict() == plain
    assert "employeeType: yes\nemployeeNumber: 00000042" in "\n".join(
        sorted(found.to_ldif().splitlines(), reverse=True)
    )
    assert host.to_dict()["address"] == ["192.0.2.7", "192.0.2.8"]
    host.address.pop()
    assert "192.0.2.8" not in host.to_ldif()
    for make_one in (
        lambda: Host.from_dict(host.to_dict()),
        lambda: Host.from_json(host.to_json()),
        lambda: Host.from_ldif(host.to_ldif()),
        lambda: Host(dn="cn=x", cn=["x"], address=[FIRST]).to_dict(),
        lambda: Host(dn="cn=x", cn=["x"], address=[FIRST]).to_ldif(),
    ):
        with pytest.raises(TypeError, match=REMEDY):
            make_one()
    with pytest.raises(ConversionError, match="no Boolean"):
        Worker.from_ldif(found.to_ldif())


COPIES: list[Callable[[Any], Any]] = [
    copy.copy,
    copy.deepcopy,
    lambda entry: pickle.loads(pickle.dumps(entry)),
    lambda entry: pickle.loads(pickle.dumps(copy.copy(entry))),
    lambda entry: pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(entry)))),
    lambda entry: copy.deepcopy(pickle.loads(pickle.dumps(entry))),
]


@pytest.mark.parametrize("copied", COPIES)
def test_copies_read_the_same(copied: Callable[[Any], Any], tabled: Session) -> None:
    """Of whatever kind, without the session and after it."""
    found, host = a_worker(tabled), a_host(tabled)
    found.variants(Worker.number)["lang-de"] = ["7"]
    tabled.commit()
    # Of one nothing was read as yet.
    for original in (found, tabled.query(Worker, uid="w").reader()[0]):
        again = copied(original)
        assert again.state is State.detached
        assert (again.number, again.active) == ("42", True)
        assert again.rooms == []
        assert dict(again.variants(Worker.number)) == {"lang-de": ["7"]}
        assert again.to_dict() == original.to_dict()
        assert again.raw == original.raw
        assert again.cn == ["W"]
    host.address.append(IPv4Address("192.0.2.9"))
    again = copied(host)
    assert again.address == host.address
    assert again.address is not host.address
    assert again.to_dict() == host.to_dict()
    assert again.to_ldif() == host.to_ldif()
    again.address = [FIRST]
    assert again.address == [FIRST]
    assert again.to_dict()["address"] == ["192.0.2.7"]
    with pytest.raises(TypeError, match="takes IPv4Address"):
        again.address = ["x"]


def test_what_a_pickle_has_not() -> None:
    """What did not decode stays octets; what is new can not be written."""
    bad = under(
        Worker,
        TABLE,
        employeeType=[b"maybe"],
        employeeNumber=[b"0007"],
        title=[b"left"],
    )
    again = pickle.loads(pickle.dumps(bad))
    assert (again.number, again.side) == ("7", "left")
    with pytest.raises(ConversionError, match="when the entry was pickled") as caught:
        _ = again.active
    assert caught.value.raw == (b"maybe",)
    again.number = "8"
    assert again.number == "8"
    with pytest.raises(ValueError, match="not in a pickle"):
        again.to_ldif()
    tables = pickle.loads(pickle.dumps(Converters({"cn": Converter(bytes, bytes)})))
    assert repr(tables) == "<Converters for cn>"
    assert "IPv4Address" in repr(copy.copy(TABLE))


def test_changes_that_can_not_be_written() -> None:
    """They are pickled as they are, and found when somebody writes them."""

    def picky(text: str) -> str:
        raise ValueError("never")

    entry = under(Worker, Converters({"employeeNumber": Converter.text(str, picky)}))
    entry._state.status = State.clean
    entry.number = "7"
    again = pickle.loads(pickle.dumps(entry))
    assert again.number == "7"
    with pytest.raises(ValueError, match="not in a pickle"):
        again.to_ldif()


def test_the_error_for_what_nobody_reads(session: Session) -> None:
    """It can be pickled, as between processes."""
    with pytest.raises(TypeError) as caught:
        session.query(Host, address=FIRST).first()
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)


def test_entries_outlive_their_session(box: Directory) -> None:
    """What was not read before is read so afterwards."""
    with Session(box, CREDENTIALS, converters=TABLE) as session:
        a_worker(session)
        found = session.query(Worker, uid="w").reader()[0]
        other = session.query(Worker, uid="w").one()
    assert (found.number, found.active) == ("42", True)
    assert (other.number, other.state) == ("42", State.detached)


def test_a_table_keeps_no_class() -> None:
    """Classes that a program makes go while its table stays."""
    import gc
    import weakref

    table = Converters({IPv4Address: Converter.text(IPv4Address)})

    def use() -> weakref.ref[Any]:
        class Short(Entry):
            address: Many[IPv4Address] = attribute("ipHostNumber", default=())

        entry = under(Short, table, ipHostNumber=[b"192.0.2.7"])
        assert entry.address == [FIRST]
        return weakref.ref(Short.__ldapom__.attributes["address"])

    gone = use()
    gc.collect()
    gc.collect()  # of what the first one has let go
    assert gone() is None
    assert len(table._own) == 0


class Locked(Entry):
    """With a secret that a session reads."""

    word: Attr[str | None] = attribute("userPassword", default=None)


def test_what_a_pickle_remembers_is_not_shown() -> None:
    """It may be a secret."""
    table = Converters({"userPassword": Converter.text(str.upper, str.lower)})
    restored = pickle.loads(pickle.dumps(under(Locked, table, userPassword=[b"hush"])))
    assert restored.word == "HUSH"
    state = restored._state
    own = state.own(Locked.__ldapom__.attributes["word"])
    for each in (restored, state, state.converters, own, own.converter):
        assert "hush" not in repr(each).lower()
