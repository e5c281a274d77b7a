"""The box speaks NTLM: in GSS-SPNEGO, by itself, and in Sicily."""

from __future__ import annotations

import ssl
import traceback
from typing import TYPE_CHECKING, Any

import pytest
import spnego
from attrs import evolve

from ldapom import Connection, InvalidCredentials, Ntlm, ResultCode
from ldapom.errors import (
    ConnectionLost,
    LDAPError,
    RemoteProtocolError,
    UnwillingToPerform,
)
from ldapom.protocol import codec, extended
from ldapom.protocol import messages as m
from ldapom.protocol.io.deadline import Deadline
from ldapom.protocol.io.tls import Tls
from ldapom.protocol.sasl import Surroundings
from ldapom.protocol.sasl._ntlm_client import Account, NtlmClient, Wishes
from ldapom.protocol.sasl._ntlm_crypto import nt_hash
from ldapom.protocol.sasl._ntlm_messages import Authenticate
from ldapom.protocol.sasl.ntlm import BareNtlmMechanism
from ldapom.secrets import Secret
from ldapom.testing import Directory
from ldapom.testing.handler import Peer
from ldapom.testing.sasl_ntlm import BareNtlm, SicilyNtlm
from tests.testing.asker import ADA, ADMIN, BASE, PEOPLE, Asker

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.testing.handler import Answers, Handle
    from tests.servers.pki import Pki

HASH = nt_hash(Secret("secret")).reveal().hex()
NAMES = ["ada", "EXAMPLE\\ada", "ada@example.com", f"uid=ada,{PEOPLE}"]


@pytest.mark.parametrize("sicily", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_names(box: Directory, name: str, sicily: bool) -> None:
    """A user is found by each kind of name, and all that follows is sealed."""
    with Connection(box, Ntlm(name, "secret", sicily=sicily)) as connection:
        assert connection.who_am_i() == f"dn:{ADA}"
        assert connection._link is not None
        layer = connection._link.engine.layer
        assert layer is not None
        assert layer.description == "NTLM, sealed"


@pytest.mark.parametrize("sicily", [False, True])
def test_many_entries(sicily: bool) -> None:
    """3,000 entries come through the layer, over TCP, and a write behind them."""
    directory = Directory.sample(3000)
    user = Ntlm("admin", hash=HASH, sicily=sicily)
    with directory.serve() as server, Connection(server.url, user) as connection:
        found = connection.search(BASE, "(objectClass=person)", attributes=["cn"])
        assert sum(1 for _ in found) == 3000
        connection.delete(ADA)
        assert ADA not in directory


@pytest.mark.parametrize("sicily", [False, True])
def test_inside_tls(pki: Pki, sicily: bool) -> None:
    """Inside TLS, by ldaps and by StartTLS, there is no second layer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.cert("server"), pki.key("server"))
    tls = Tls(ca_file=str(pki.ca_file))
    user = Ntlm("ada", "secret", sicily=sicily)
    directory = Directory.sample()
    for ldaps in (True, False):
        with directory.serve(tls=context, ldaps=ldaps, address="127.0.0.1") as server:
            more: dict[str, Any] = {} if ldaps else {"start_tls": True}
            with Connection(server.url, user, tls=tls, **more) as connection:
                assert connection.who_am_i() == f"dn:{ADA}"
                assert connection._link is not None
                assert connection._link.engine.layer is None


@pytest.mark.parametrize("sicily", [False, True])
@pytest.mark.parametrize(
    "user", [("ada", "wrong"), ("nobody", "secret"), ("=", "secret")]
)
def test_refusals(box: Directory, user: tuple[str, str], sicily: bool) -> None:
    """A wrong password and an unknown user look the same."""
    with pytest.raises(InvalidCredentials, match="52e"):
        Connection(box, Ntlm(*user, sicily=sicily)).bind()


def test_again_inside_the_layer(box: Directory) -> None:
    """A second bind makes somebody else; the layer that is there stays."""
    with Connection(box, Ntlm("ada", "secret")) as connection:
        assert connection._link is not None
        layer = connection._link.engine.layer
        connection.rebind(Ntlm("admin", "secret"))
        assert connection.who_am_i() == f"dn:{ADMIN}"
        assert connection._link.engine.layer is layer
        assert len(list(connection.search(BASE))) > 10


def test_another_client(box: Directory) -> None:
    """The library's client gets in by GSS-SPNEGO and is sealed."""
    asker = Asker(box)
    client = spnego.client(
        "EXAMPLE\\ada",
        "secret",
        hostname="box",
        service="ldap",
        protocol="negotiate",
        options=spnego.NegotiateOptions.use_negotiate,
        context_req=spnego.ContextReq.integrity | spnego.ContextReq.confidentiality,
    )
    token = client.step()
    answer = sasl(asker, "GSS-SPNEGO", token)
    assert answer.result_code == ResultCode.saslBindInProgress
    token = client.step(answer.server_sasl_creds)
    answer = sasl(asker, "GSS-SPNEGO", token)
    assert answer.result_code == ResultCode.success
    client.step(answer.server_sasl_creds)
    assert client.complete
    layer = asker.handler.inner.logins.take_layer()
    assert layer is not None
    assert layer.unwrap(client.wrap(b"hello").data) == b"hello"
    assert client.unwrap(layer.wrap(b"there")).data == b"there"
    assert asker.handler.inner.logins.take_layer() is None


def sasl(asker: Asker, name: str, token: bytes | None) -> m.BindResponse:
    """One leg of a SASL bind."""
    how = m.SaslCredentials(name, token)
    return asker.last(m.BindRequest("", how), m.BindResponse)


def test_bare(box: Directory) -> None:
    """The mechanism NTLM lets in without a layer."""
    asker = Asker(box)
    account = Account("ada", None, nt_hash(Secret("secret")))
    run = BareNtlmMechanism(account, Surroundings())
    answer = sasl(asker, "NTLM", run.step(None))
    answer = sasl(asker, "NTLM", run.step(answer.server_sasl_creds))
    assert answer.result_code == ResultCode.success
    assert asker.handler.inner.identity.dn == ADA
    assert asker.handler.inner.logins.take_layer() is None


def test_other_mechanism_begins_anew(box: Directory) -> None:
    """Half a bind is given up by a bind of another kind (RFC 4513 5.2.1.2)."""
    asker = Asker(box)
    account = Account("ada", None, nt_hash(Secret("secret")))
    run = BareNtlmMechanism(account, Surroundings())
    challenge = sasl(asker, "NTLM", run.step(None)).server_sasl_creds
    proof = run.step(challenge)
    assert asker.bind() == ResultCode.success
    assert sasl(asker, "NTLM", proof).result_code == ResultCode.invalidCredentials
    leg = m.SicilyAuthentication(m.SicilyChoice.response, proof or b"")
    answer = asker.last(m.BindRequest("", leg), m.BindResponse)
    assert answer.result_code == ResultCode.invalidCredentials
    assert asker.handler.inner.identity.dn == ""


def exchange(
    handler: Any,
    change: Callable[[Authenticate], Authenticate] = lambda message: message,
    wishes: Wishes | None = None,
) -> Any:
    """Authenticate against the server's half, the proof changed on the way."""
    account = Account("ada", None, nt_hash(Secret("secret")))
    client = NtlmClient(account, wishes or Wishes(layer=True))
    server = SicilyNtlm(handler)
    token = client.authenticate(server.challenge(client.negotiate()))
    return server.check(change(Authenticate.unpack(token)).pack())


def test_forgeries(box: Directory) -> None:
    """What was changed on the way is refused, and so are the older versions."""
    handler = Asker(box).handler.inner
    identity, _ = exchange(handler)
    assert identity.dn == ADA
    changes: list[Callable[[Authenticate], Authenticate]] = [
        lambda message: evolve(message, mic=bytes(16)),
        lambda message: evolve(message, flags=message.flags & ~0x30),
        lambda message: evolve(message, flags=message.flags | 0x40000),
        lambda message: evolve(message, session_key=bytes(16)),
        lambda message: evolve(message, workstation="ELSEWHERE"),
        lambda message: evolve(message, domain="OTHER"),
        lambda message: evolve(message, nt_response=bytes(24)),
        lambda message: evolve(message, lm_response=b"1" * 24),
        lambda message: evolve(message, nt_response=message.nt_response + b"1"),
    ]
    for change in changes:
        with pytest.raises(LDAPError):
            exchange(handler, change)


def test_more_than_agreed(box: Directory) -> None:
    """A client can not claim a layer where the mechanism has none."""
    handler = Asker(box).handler.inner
    account = Account("ada", None, nt_hash(Secret("secret")))
    client = NtlmClient(account, Wishes())
    server = BareNtlm(handler)
    token = client.authenticate(server.challenge(client.negotiate()))
    message = Authenticate.unpack(token)
    with pytest.raises(RemoteProtocolError, match="agreed"):
        server.check(evolve(message, flags=message.flags | 0x10).pack())


def test_surroundings(box: Directory) -> None:
    """Inside TLS a layer is refused, and the binding has to be the right one."""
    inside = Asker(box, Peer(tls=True, end_point=b"right")).handler.inner
    with pytest.raises(UnwillingToPerform):
        exchange(inside, wishes=Wishes(layer=True, end_point=b"right"))
    identity, session = exchange(inside, wishes=Wishes(end_point=b"right"))
    assert identity.dn == ADA
    assert session.layer(100) is None
    for wrong in (b"wrong", None):
        with pytest.raises(InvalidCredentials, match="80090346"):
            exchange(inside, wishes=Wishes(end_point=wrong))


def test_passwords_that_change(box: Directory) -> None:
    """What is stored decides: in clear, hashed and known, or hashed and unknown."""
    admin = Connection(box, Ntlm("admin", "secret"))
    with admin as connection:
        connection.set_password(ADA, "fresh")
        with Connection(box, Ntlm("ada", "fresh")) as mine:
            assert mine.who_am_i() == f"dn:{ADA}"
        with Connection(box.copy(), Ntlm("ada", "fresh")) as mine:
            assert mine.who_am_i() == f"dn:{ADA}"
        stored = next(iter(connection.search(ADA, attributes=["userPassword"])))
        assert b"fresh" not in stored["userPassword"][0]
    with pytest.raises(InvalidCredentials):
        Connection(box, Ntlm("ada", "secret")).bind()
    box.add(
        f"uid=clear,{PEOPLE}",
        {
            "objectClass": ["inetOrgPerson"],
            "cn": "c",
            "sn": "c",
            "userPassword": "in clear",
        },
    )
    with Connection(box, Ntlm("clear", "in clear")) as mine:
        assert mine.who_am_i() == f"dn:uid=clear,{PEOPLE}"
    assert "fresh" not in repr(box.access)


def test_admin_without_entry() -> None:
    """The admin of a directory needs no entry here either."""
    directory = Directory("dc=test", admin=("cn=root", "pass word"))
    with Connection(directory, Ntlm("cn=root", "pass word")) as connection:
        assert connection.who_am_i() == "dn:cn=root"


def test_end_inside_a_layer() -> None:
    """A server that stops says so inside the layer, where the client can read it."""
    directory = Directory.sample()
    server = directory.serve()
    with server, Connection(server.url, Ntlm("ada", "secret")) as connection:
        assert connection._link is not None
        transport, engine = connection._link.transport, connection._link.engine
        server.stop()
        while not engine.closed and (data := transport.receive(Deadline(10))):
            engine.receive_data(data)
        with pytest.raises(ConnectionLost, match="stopping"):
            engine.check_open()


def test_nonsense_inside_a_layer(box: Directory) -> None:
    """What does not open ends the conversation, and the client is told inside."""
    with Connection(box, Ntlm("ada", "secret")) as connection:
        assert connection._link is not None
        transport, engine = connection._link.transport, connection._link.engine
        transport.send(b"\0\0\0\x20" + bytes(32), Deadline(5))
        engine.receive_data(transport.receive(Deadline(5)))
        with pytest.raises(ConnectionLost, match="no LDAP request"):
            engine.check_open()


def test_what_is_glued_behind_a_bind(box: Directory) -> None:
    """Behind a SASL bind without a layer the next request is read as before."""
    conversation = box.converse(Peer())
    binding = m.BindRequest("", m.SaslCredentials("PLAIN", b"\0ada\0secret"))
    who = m.ExtendedRequest(extended.WHO_AM_I)
    requests = [m.LDAPMessage(1, binding), m.LDAPMessage(2, who)]
    conversation.receive(b"".join(map(codec.encode, requests)))
    data = b"".join(conversation.chunks())
    first = codec.decode(data)
    assert first is not None
    second = codec.decode(data, first[1])
    assert second is not None
    assert isinstance(second[0].op, m.ExtendedResponse)
    assert second[0].op.value == f"dn:{ADA}".encode()


@pytest.mark.parametrize("way", ["negotiated", "bare", "sicily"])
@pytest.mark.parametrize("how", ["password", "hash"])
def test_canary(
    box: Directory, way: str, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A refused bind shows no secret: in no log, and in no frame's locals."""
    secret = "canary-bird" if how == "password" else "0123456789abcdef" * 2
    named: dict[str, Any] = {how: secret, "sicily": way == "sicily"}
    caplog.set_level(0)

    def refuse(handle: Handle) -> Handle:
        def handled(message: m.LDAPMessage) -> Answers:
            how = getattr(message.op, "authentication", None)
            if way == "bare" and getattr(how, "mechanism", "") == "GSS-SPNEGO":
                refused = m.BindResponse(ResultCode.authMethodNotSupported)
                return iter([m.LDAPMessage(message.message_id, refused)])
            return handle(message)

        return handled

    credentials = Ntlm("ada", **named)
    with box.wrapped(refuse), pytest.raises(InvalidCredentials) as caught:
        Connection(box, credentials).bind()
    kept = credentials._account().kept.reveal()
    frames = caught.value.__traceback__
    assert frames is not None
    shown = traceback.TracebackException(
        InvalidCredentials, caught.value, frames.tb_next, capture_locals=True
    )
    text = "".join(shown.format()) + caplog.text
    assert "52e" in text
    for spelled in (secret, kept.hex(), repr(kept)[2:-1]):
        assert spelled not in text
