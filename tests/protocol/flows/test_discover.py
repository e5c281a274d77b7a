"""Reading a schema: of any server, of Active Directory, and from the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ldapom.errors import ResultCode, SchemaError
from ldapom.protocol import messages as m
from ldapom.protocol.flows import discover
from ldapom.schema import ActiveClass, RootDSE, SchemaCache
from tests.protocol.flows.test_flows import Conversation

if TYPE_CHECKING:
    from pathlib import Path

    from ldapom.schema.cache import Slot

DONE = m.SearchResultDone(ResultCode.success)
HIDDEN = m.SearchResultDone(ResultCode.insufficientAccessRights)
PLAIN = RootDSE.from_attributes({"subschemaSubentry": [b"cn=schema"]})
ACTIVE = RootDSE.from_attributes(
    {
        "subschemaSubentry": [b"CN=Aggregate,CN=Schema"],
        "schemaNamingContext": [b"CN=Schema"],
        "supportedCapabilities": [b"1.2.840.113556.1.4.800"],
    }
)
CLASSES = ("objectClasses", "( 1.2 NAME 'user' STRUCTURAL )")
RULES = ("dITContentRules", "( 1.2 AUX mixin )")


def entry(*attributes: tuple[str, str]) -> list[m.ProtocolOp]:
    """An entry and the end of the search."""
    values = [m.PartialAttribute(name, (text.encode(),)) for name, text in attributes]
    return [m.SearchResultEntry("cn=schema", tuple(values)), DONE]


SCHEMA_ENTRY = entry(
    ("objectClass", "classSchema"),
    ("lDAPDisplayName", "user"),
    ("governsID", "1.2"),
    ("rDNAttID", "cn"),
    ("mayContain", "mail"),
)


def searches(conversation: Conversation) -> list[tuple[str, tuple[str, ...]]]:
    """What was searched for: names and attributes."""
    requests = [op for op in conversation.sent if isinstance(op, m.SearchRequest)]
    return [(one.base_object, tuple(one.attributes)) for one in requests]


@pytest.fixture
def slot(tmp_path: Path) -> Slot:
    """A place for one schema."""
    return SchemaCache(tmp_path).slot("ldap://h nobody")


def test_a_usual_server_is_asked_once() -> None:
    """Without a cache the subschema entry is all that is read."""
    conversation = Conversation(entry(CLASSES))

    schema = conversation.run(discover.schema(conversation.engine, PLAIN))

    assert list(schema.object_classes) == ["user"]
    assert [name for name, _ in searches(conversation)] == ["cn=schema"]


def test_active_directory_is_asked_for_its_entries_too() -> None:
    """They come first; what only the subschema entry says is added."""
    conversation = Conversation(entry(CLASSES, RULES), SCHEMA_ENTRY)

    schema = conversation.run(discover.schema(conversation.engine, ACTIVE))

    user = schema.object_classes["user"]
    assert user.may == ("mail",)
    assert ActiveClass.of(user) is not None
    assert len(schema.dit_content_rules) == 1
    assert [name for name, _ in searches(conversation)] == [
        "CN=Aggregate,CN=Schema",
        "CN=Schema",
    ]


@pytest.mark.parametrize("reply", [[HIDDEN], [DONE]])
def test_hidden_entries(reply: list[m.ProtocolOp]) -> None:
    """Where the entries are hidden the subschema entry is the schema."""
    conversation = Conversation(entry(CLASSES), reply)

    schema = conversation.run(discover.schema(conversation.engine, ACTIVE))

    assert ActiveClass.of(schema.object_classes["user"]) is None


def test_the_cache_saves_reading(slot: Slot) -> None:
    """With the same stamp only the stamp is asked for."""
    stamp = entry(("modifyTimestamp", "20260101000000Z"))
    first = Conversation(stamp, entry(CLASSES))
    read = first.run(discover.schema(first.engine, PLAIN, slot))

    second = Conversation(stamp)
    kept = second.run(discover.schema(second.engine, PLAIN, slot))

    assert kept.fingerprint == read.fingerprint
    assert searches(second) == [("cn=schema", discover.STAMP_ATTRIBUTES)]


def test_another_stamp_reads_again(slot: Slot) -> None:
    """A changed schema is read, and kept in the place of the old one."""
    first = Conversation(entry(("modifyTimestamp", "1")), entry(CLASSES))
    first.run(discover.schema(first.engine, PLAIN, slot))
    more = ("objectClasses", "( 1.3 NAME 'more' STRUCTURAL )")

    second = Conversation(entry(("modifyTimestamp", "2")), entry(more))
    schema = second.run(discover.schema(second.engine, PLAIN, slot))

    assert list(schema.object_classes) == ["more"]
    third = Conversation(entry(("modifyTimestamp", "2")))
    third.run(discover.schema(third.engine, PLAIN, slot))
    assert len(third.sent) == 1


@pytest.mark.parametrize("reply", [entry(("cn", "schema")), [DONE], [HIDDEN]])
def test_no_stamp_keeps_nothing(slot: Slot, reply: list[m.ProtocolOp]) -> None:
    """A server that says nothing of changes is read each time."""
    conversation = Conversation(reply, entry(CLASSES))
    conversation.run(discover.schema(conversation.engine, PLAIN, slot))

    assert not slot.path.exists()


def test_the_stamp_of_active_directory() -> None:
    """It comes from the head of the schema, not from the subschema entry."""
    conversation = Conversation(entry(("schemaInfo", "x"), ("modifyTimestamp", "y")))

    stamp = conversation.run(discover.schema_stamp(conversation.engine, ACTIVE))

    assert stamp == "; schemainfo 78"
    assert [name for name, _ in searches(conversation)] == ["CN=Schema"]


CONFIGURED = RootDSE.from_attributes(
    {"subschemaSubentry": [b"cn=Subschema"], "configContext": [b"cn=config"]}
)


def test_the_stamp_of_openldap() -> None:
    """The entries of its configuration change with its schema; the other does not."""
    started = entry(("modifyTimestamp", "1"))

    def stamp(*told: list[m.ProtocolOp]) -> tuple[str, list[str]]:
        conversation = Conversation(*told)
        found = conversation.run(discover.schema_stamp(conversation.engine, CONFIGURED))
        return found, [name for name, _ in searches(conversation)]

    first, asked = stamp(started, entry(("entryCSN", "a")))
    assert asked == ["cn=Subschema", "cn=schema,cn=config"]
    assert first == stamp(started, entry(("entryCSN", "a")))[0]
    assert first != stamp(started, entry(("entryCSN", "b")))[0]


@pytest.mark.parametrize(
    "reply",
    [
        [HIDDEN],
        [DONE],
        [m.SearchResultDone(ResultCode.noSuchObject)],
        [m.SearchResultDone(ResultCode.adminLimitExceeded)],
        [*entry(("entryCSN", "a"))[:1], m.SearchResultDone(ResultCode.busy)],
    ],
)
def test_a_hidden_configuration(reply: list[m.ProtocolOp]) -> None:
    """Who may not read it has the stamp of the subschema entry."""
    conversation = Conversation(entry(("modifyTimestamp", "1")), reply)

    stamp = conversation.run(discover.schema_stamp(conversation.engine, CONFIGURED))

    assert stamp == "; modifytimestamp 31"


def test_no_subschema() -> None:
    """A server that names no subschema entry has no schema, and no stamp."""
    conversation = Conversation()
    with pytest.raises(SchemaError, match="names no subschema"):
        conversation.run(discover.schema(conversation.engine, RootDSE()))
    assert conversation.run(discover.schema_stamp(conversation.engine, RootDSE())) == ""
