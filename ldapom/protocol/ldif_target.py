"""`LDIFTarget`: what can be connected to without a server; writes become LDIF.

1. A bind succeeds and is not checked: there is nobody who could.
2. A write succeeds once its RFC 2849 change record is in the stream, secrets and all.
3. What needs entries (a search, a compare) is refused: there are none. Only the root
   DSE is answered, and it offers no controls and no extensions.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, cast

from ldapom import ldif
from ldapom.changes import Add, Delete, Increment, Replace
from ldapom.errors import ConnectionLost, ResultCode, TLSError
from ldapom.protocol import messages as m
from ldapom.protocol._exchanges import ANSWERS
from ldapom.protocol.engine import Engine, Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ldapom.changes import Change
    from ldapom.protocol.flows.update import Update
    from ldapom.protocol.io.deadline import Deadline

_WRITES = (m.AddRequest, m.ModifyRequest, m.DelRequest, m.ModifyDNRequest)

#: Mechanisms of one step, in which the server proves nothing.
_MECHANISMS = frozenset({"EXTERNAL", "PLAIN"})

#: RFC 4512 5.1: what the server can do. Ours writes down an Increment (RFC 4525) as
#: it is, and can do nothing more.
_ROOT_DSE = (
    m.PartialAttribute("supportedLDAPVersion", (b"3",)),
    m.PartialAttribute("supportedFeatures", (b"1.3.6.1.1.14",)),
)


class LDIFTarget:
    """A target without a server that writes every change to a stream.

    For example, to see what a program would do, or to carry it out elsewhere::

        with open("changes.ldif", "w") as file, Session(LDIFTarget(file)) as session:
            session.add(User(uid="x", ...))
            session.commit()

    What ``ldapmodify -f changes.ldif`` then does is what the session would have done.
    Passwords stand in the stream as they were given.

    Args:
        stream: An open text or binary file; neither flushed nor closed.
    """

    def __init__(self, stream: IO[str] | IO[bytes]) -> None:
        self._stream = stream
        self._begun = False

    def open_transport(self, deadline: Deadline) -> LDIFTransport:
        """Open one connection; all of them write to the same stream."""
        deadline.remaining()
        return LDIFTransport(self)

    def write(self, record: ldif.ChangeRecord) -> None:
        """Write one change record.

        Raises:
            OSError: The stream takes no more.
            ValueError: It is closed, or a name in the record can not stand in a file.
        """
        # As one text: what can not be written leaves no half record.
        text = ldif.dumps([record], version=not self._begun)
        if self._begun:
            text = "\n" + text
        self._begun = True
        if ldif._takes_octets(self._stream):
            cast("IO[bytes]", self._stream).write(text.encode("ascii"))
        else:
            cast("IO[str]", self._stream).write(text)

    def __repr__(self) -> str:
        return f"LDIFTarget({self._stream!r})"


class LDIFTransport:
    """A `Transport` whose other end writes LDIF.

    Args:
        target: Where the records go.
    """

    def __init__(self, target: LDIFTarget) -> None:
        self._target = target
        self._engine = Engine(Role.server)
        self._closed = False

    @property
    def is_private(self) -> bool:
        """Nothing leaves the process but by the stream."""
        return True

    @property
    def description(self) -> str:
        """What this is, for people."""
        return "LDIF stream"

    @property
    def certificate(self) -> bytes | None:
        """None: there is no TLS."""
        return None

    def send(self, data: bytes, deadline: Deadline) -> None:
        """Carry out what the octets ask for; answers wait until they are received."""
        deadline.remaining()
        if self._closed:
            raise ConnectionLost("the LDIF stream's connection is closed")
        engine = self._engine
        engine.receive_data(data)
        while (message := engine.next_request()) is not None:
            for answer in self._answers(message):
                engine.reply(message.message_id, answer)

    def receive(self, deadline: Deadline) -> bytes:
        """Give the answers; without any there is nobody to wait for."""
        deadline.remaining()
        return self._engine.data_to_send()

    def start_tls(
        self,
        context: object,  # noqa: ARG002  # a Transport takes it
        host: str | None,  # noqa: ARG002  # the same
        deadline: Deadline,  # noqa: ARG002  # the same
    ) -> None:
        """Refuse: there is nobody to be private with."""
        raise TLSError("an LDIF stream speaks no TLS; leave start_tls out")

    def close(self) -> None:
        """Let go; the stream stays open."""
        self._closed = True

    def _answers(self, message: m.LDAPMessage) -> Iterator[m.Response]:
        op = message.op
        if isinstance(op, _WRITES):
            yield self._written(op, message.controls)
        elif isinstance(op, m.BindRequest):
            yield _bound(op)
            # Nothing was negotiated: what follows a SASL bind is read as before.
            self._engine.resume()
        elif isinstance(op, m.UnbindRequest):
            self.close()
        elif _asks_root_dse(op):
            yield m.SearchResultEntry("", _ROOT_DSE)
            yield m.SearchResultDone()
        elif type(op) in ANSWERS:
            yield _refused(op)

    def _written(self, op: Update, controls: Sequence[m.Control]) -> m.Response:
        answer = ANSWERS[type(op)][0]
        try:
            self._target.write(as_record(op, controls))
        except (OSError, ValueError) as error:
            text = f"the change was not written: {error}"
            return answer(ResultCode.other, "", text)  # type: ignore[no-any-return]  # what answers a write
        return answer()  # type: ignore[no-any-return]  # the same


def _bound(op: m.BindRequest) -> m.BindResponse:
    way = op.authentication
    if isinstance(way, m.SaslCredentials) and way.mechanism not in _MECHANISMS:
        text = (
            f"an LDIF stream can not prove itself by {way.mechanism}; use Anonymous()"
        )
        return m.BindResponse(ResultCode.authMethodNotSupported, "", text)
    return m.BindResponse()


def _asks_root_dse(op: m.ProtocolOp) -> bool:
    return (
        isinstance(op, m.SearchRequest)
        and op.base_object == ""
        and op.scope is m.Scope.base
    )


def _refused(op: m.ProtocolOp) -> m.Response:
    text = (
        "there is no server behind an LDIF stream, so nothing can be read or asked: "
        "only add, modify, delete and rename"
    )
    answer = ANSWERS[type(op)][-1]
    return answer(ResultCode.unwillingToPerform, "", text)  # type: ignore[no-any-return]  # the last answer is a Result


def as_record(op: Update, controls: Sequence[m.Control] = ()) -> ldif.ChangeRecord:
    """The change record (RFC 2849) that says what a request does.

    Args:
        op: The request.
        controls: What is sent with it.

    Raises:
        ValueError: A Modify has an operation that LDIF has no word for.
    """
    listed = [
        ldif.LDIFControl(one.type, one.criticality, one.value) for one in controls
    ]
    if isinstance(op, m.AddRequest):
        pairs = [(one.type, one.values) for one in op.attributes]
        return ldif.AddRecord(op.entry, pairs, controls=listed)
    if isinstance(op, m.ModifyRequest):
        return ldif.ModifyRecord(op.object, map(as_change, op.changes), controls=listed)
    if isinstance(op, m.DelRequest):
        return ldif.DeleteRecord(op.entry, controls=listed)
    return ldif.ModDNRecord(
        op.entry,
        op.new_rdn,
        delete_old_rdn=op.delete_old_rdn,
        new_superior=op.new_superior,
        controls=listed,
    )


def as_change(change: m.ModifyChange) -> Change:
    """The change that a part of a Modify makes.

    Raises:
        ValueError: An increment is by no integer.
    """
    name, values = change.modification.type, change.modification.values
    if change.operation is m.ModifyOperation.increment:
        return Increment(name, int(b"".join(values)))
    return _CHANGES[change.operation](name, values)


_CHANGES: dict[m.ModifyOperation, type[Add | Delete | Replace]] = {
    m.ModifyOperation.add: Add,
    m.ModifyOperation.delete: Delete,
    m.ModifyOperation.replace: Replace,
}
