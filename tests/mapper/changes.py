"""What the tests of changes share: the sample's people, and servers that misbehave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldapom import Session, Simple
from ldapom.protocol import messages as m
from tests.mapper.models import User

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom import Delete, Entry, Replace, State
    from ldapom.testing import Directory
    from ldapom.testing.handler import Answers, Handle

PEOPLE = "ou=people,dc=example,dc=com"
CREDENTIALS = Simple(f"uid=admin,{PEOPLE}", "secret")
WRITES = (m.AddRequest, m.ModifyRequest, m.DelRequest, m.ModifyDNRequest)


def ada_of(session: Session) -> User:
    """One of the sample's people."""
    return session.get(User, f"uid=ada,{PEOPLE}")


def stored(box: Directory, dn: object, name: str) -> list[str]:
    """What the directory holds."""
    with Session(box, CREDENTIALS) as other:
        (entry,) = other.connection.search(str(dn), scope="base")
        return entry.text(name) if entry.get(name) else []


def writes(requests: list[m.LDAPMessage]) -> list[m.LDAPMessage]:
    """What changes something, among what was sent."""
    return [message for message in requests if isinstance(message.op, WRITES)]


def state_of(entry: Entry) -> State:
    """Where an entry stands; type checkers would remember what a property was."""
    return entry.state


def box_change(box: Directory, *changes: Replace | Delete, uid: str = "ada") -> None:
    """Somebody else changes an entry."""
    with Session(box, CREDENTIALS) as other:
        other.connection.modify(f"uid={uid},{PEOPLE}", changes)


def hiding(*oids: str) -> Callable[[Handle], Handle]:
    """A server that does not offer something."""
    hidden = {oid.encode() for oid in oids}

    def wrapper(handle: Handle) -> Handle:
        def handler(message: m.LDAPMessage) -> Answers:
            for answer in handle(message):
                op = answer.op
                if isinstance(op, m.SearchResultEntry) and not op.object_name:
                    kept = [
                        m.PartialAttribute(
                            part.type, [v for v in part.values if v not in hidden]
                        )
                        for part in op.attributes
                    ]
                    op = m.SearchResultEntry("", kept)
                yield m.LDAPMessage(answer.message_id, op, answer.controls)

        return handler

    return wrapper
