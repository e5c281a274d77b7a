"""Puts requests to a handler as messages, without a byte and without a socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ldapom.dn import DN
from ldapom.errors import ResultCode
from ldapom.filters import Filter, Present
from ldapom.protocol import messages as m
from ldapom.protocol import parts
from ldapom.testing.handler import Peer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ldapom.protocol.controls import PagedResults
    from ldapom.testing import Directory

R = TypeVar("R", bound=m.Result)

BASE = "dc=example,dc=com"
PEOPLE = f"ou=people,{BASE}"
GROUPS = f"ou=groups,{BASE}"
ADMIN = f"uid=admin,{PEOPLE}"
ADA = f"uid=ada,{PEOPLE}"
EVERYTHING = Present("objectClass")


class Asker:
    """One connection's handler, with a method for what tests ask often."""

    def __init__(self, directory: Directory, peer: Peer | None = None) -> None:
        self.handler = directory.handler(peer or Peer())

    def ask(self, op: m.ProtocolOp, *controls: m.Control) -> list[m.LDAPMessage]:
        """All answers to a request."""
        return list(self.handler.handle(m.LDAPMessage(7, op, controls)))

    def last(self, op: m.ProtocolOp, kind: type[R], *controls: m.Control) -> R:
        """The last answer, which is of this kind."""
        answer = self.ask(op, *controls)[-1].op
        assert isinstance(answer, kind)
        return answer

    def code(self, op: m.ProtocolOp, *controls: m.Control) -> ResultCode:
        """The result code of the last answer."""
        return self.last(op, m.Result, *controls).result_code

    def bind(self, dn: str = ADMIN, password: str = "secret") -> ResultCode:
        """Bind with a password."""
        how = m.SimpleAuthentication(password.encode())
        return self.code(m.BindRequest(dn, how))

    def search(
        self,
        filter_: Filter = EVERYTHING,
        *attributes: str,
        base: str = BASE,
        scope: m.Scope = m.Scope.sub,
    ) -> dict[str, dict[str, tuple[bytes, ...]]]:
        """The entries of a search that succeeds, by DN."""
        request = m.SearchRequest(base, scope, filter_, attributes)
        *entries, done = self.ask(request)
        assert isinstance(done.op, m.SearchResultDone)
        assert done.op.result_code == ResultCode.success
        return dict(map(read_entry, entries))

    def read(self, dn: str, *attributes: str) -> dict[str, tuple[bytes, ...]]:
        """The attributes of one entry."""
        entries = self.search(EVERYTHING, *attributes, base=dn, scope=m.Scope.base)
        (only,) = entries.values()
        return only

    def add(
        self,
        dn: str,
        attributes: Mapping[str, Sequence[str | bytes]],
        *controls: m.Control,
    ) -> m.AddResponse:
        """Add an entry."""
        return self.last(
            m.AddRequest(dn, partial(attributes)), m.AddResponse, *controls
        )

    def modify(
        self, dn: str, *changes: tuple[str, str, Sequence[str | bytes]]
    ) -> m.ModifyResponse:
        """Modify an entry; each change is an operation, an attribute and values."""
        made = [
            m.ModifyChange(parts.ModifyOperation[operation], *partial({name: values}))
            for operation, name, values in changes
        ]
        return self.last(m.ModifyRequest(dn, made), m.ModifyResponse)

    def page(
        self, request: m.SearchRequest, paged: PagedResults, *controls: m.Control
    ) -> tuple[list[str], m.LDAPMessage]:
        """The DNs of one page, and its last answer."""
        *entries, done = self.ask(request, paged.control(), *controls)
        return [read_entry(entry)[0] for entry in entries], done


def partial(
    attributes: Mapping[str, Sequence[str | bytes]],
) -> tuple[m.PartialAttribute, ...]:
    """Attributes as messages have them."""
    return tuple(
        m.PartialAttribute(
            name, tuple(v.encode() if isinstance(v, str) else v for v in values)
        )
        for name, values in attributes.items()
    )


def read_entry(message: m.LDAPMessage) -> tuple[str, dict[str, tuple[bytes, ...]]]:
    """The name and the attributes of a SearchResultEntry."""
    assert isinstance(message.op, m.SearchResultEntry)
    entry = message.op
    return entry.object_name, {a.type: tuple(a.values) for a in entry.attributes}


def found(entries: Mapping[str, object]) -> list[str]:
    """The first word of each entry's RDN value, sorted."""
    values = [DN.parse(dn).rdns[0][0].value for dn in entries]
    return sorted(value.replace(",", " ").split()[0] for value in values)
