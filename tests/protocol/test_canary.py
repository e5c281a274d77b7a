"""No secret is shown: in logs, reprs, errors, warnings, or the locals of a traceback."""

from __future__ import annotations

import asyncio
import re
import warnings
from typing import TYPE_CHECKING

import pytest

from ldapom.changes import Add, Delete, Replace
from ldapom.errors import InvalidCredentials, LDAPError, ResultCode
from ldapom.filters import Filter
from ldapom.protocol import credentials as c
from ldapom.protocol import messages as m
from ldapom.protocol._credentials_ntlm import Ntlm
from ldapom.protocol.aconnection import AsyncConnection
from ldapom.protocol.connection import Connection
from ldapom.protocol.io.tls import Tls
from tests.canary import CANARY, SHAPES, check, exposed, listening, shapes
from tests.protocol.hostile import Peer, hostile
from tests.servers.domain import ADMIN_PASSWORD, BASE, REALM
from tests.servers.slapd import MANAGER_DN, MANAGER_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.protocol.credentials import Credentials
    from ldapom.testing import Directory
    from tests.servers.kdc import Kdc
    from tests.servers.samba import Samba
    from tests.servers.slapd import Slapd

#: Every way to bind that has a password.
WAYS: dict[str, Callable[[str, str], Credentials]] = {
    "simple": lambda user, password: c.Simple(f"cn={user}", password),
    "plain": c.Plain,
    "digest-md5": c.DigestMD5,
    "scram-sha-1": lambda user, password: c.Scram(user, password, "SCRAM-SHA-1"),
    "scram-sha-256": c.Scram,
    "scram-sha-512": lambda user, password: c.Scram(user, password, "SCRAM-SHA-512"),
    "ntlm": Ntlm,
    "spnego": c.Spnego,
    "sicily": lambda user, password: Ntlm(user, password, sicily=True),
}
MECHANISMS = (
    b"PLAIN",
    b"DIGEST-MD5",
    b"SCRAM-SHA-1",
    b"SCRAM-SHA-256",
    b"SCRAM-SHA-512",
    b"NTLM",
    b"GSS-SPNEGO",
)


def made(way: str, password: str = CANARY, user: str = "me") -> Credentials:
    """The credentials; what warns of them shows nothing either."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        credentials = WAYS[way](user, password)
    for warning in caught:
        check(str(warning.message))
    return credentials


# --- what servers may do to a bind ---------------------------------------------------


def refuse(peer: Peer, request: m.LDAPMessage) -> None:
    """A wrong password."""
    peer.answer(request, m.BindResponse(ResultCode.invalidCredentials, "", "no"))


def unavailable(peer: Peer, request: m.LDAPMessage) -> None:
    """No password is right."""
    peer.answer(request, m.BindResponse(ResultCode.unavailable))


def accept(peer: Peer, request: m.LDAPMessage) -> None:
    """Success, without a proof."""
    peer.answer(request, m.BindResponse())


def challenge(peer: Peer, request: m.LDAPMessage) -> None:
    """A challenge that is none, again and again."""
    answer = m.BindResponse(
        ResultCode.saslBindInProgress, server_sasl_creds=b"r=x,s=AAAA,i=1"
    )
    peer.answer(request, answer)


def lure(peer: Peer, request: m.LDAPMessage) -> None:
    """A challenge that is one, for the proof; then the wrong password."""
    assert isinstance(request.op, m.BindRequest)
    how = request.op.authentication
    if isinstance(how, m.SicilyAuthentication):
        said = {9: b"NTLM", 10: NTLM_CHALLENGE}.get(int(how.choice))
        code = ResultCode.success
    elif isinstance(how, m.SaslCredentials):
        said = lure_of(how.mechanism, how.credentials or b"")
        code = ResultCode.saslBindInProgress
        if said is None and how.mechanism == "GSS-SPNEGO":
            peer.answer(request, m.BindResponse(ResultCode.authMethodNotSupported))
            return
    else:
        said, code = None, ResultCode.success
    if said is None:
        refuse(peer, request)
    else:
        peer.answer(request, m.BindResponse(code, server_sasl_creds=said))


def lure_of(mechanism: str, said: bytes) -> bytes | None:
    """What a mechanism's server says to the client's first message."""
    if mechanism.startswith("SCRAM"):
        nonce = re.match(rb"[nyp].*?,.*?,n=me,r=(.*)", said)
        return b"r=" + nonce[1] + b"x,s=c2FsdA==,i=4096" if nonce else None
    if mechanism == "DIGEST-MD5" and not said:
        return b'realm="x",nonce="y",qop="auth",charset=utf-8,algorithm=md5-sess'
    if mechanism == "NTLM" and (not said or said.startswith(b"NTLMSSP\0\1")):
        return NTLM_CHALLENGE
    return None


#: MS-NLMP 4.2.4.3: an answer to the first message of NTLM.
NTLM_CHALLENGE = bytes.fromhex(
    "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef"
    "00000000000000002400240044000000060070170000000f5300650072007600"
    "6500720002000c0044006f006d00610069006e0001000c005300650072007600"
    "6500720000000000"
)


def hang_up(peer: Peer, request: m.LDAPMessage) -> None:
    """Nothing, for good."""
    raise EOFError


def be_silent(peer: Peer, request: m.LDAPMessage) -> None:
    """Nothing, until the client goes away."""
    peer.wait_for_end()


def babble(peer: Peer, request: m.LDAPMessage) -> None:
    """What is no LDAP, and repeats what was said."""
    authentication = getattr(request.op, "authentication", None)
    said = getattr(authentication, "password", b"") or b""
    said += getattr(authentication, "credentials", b"") or b""
    peer.send(b"\x30\x20\x02\x01\x01\x99" + said)


def change_kind(peer: Peer, request: m.LDAPMessage) -> None:
    """The answer to something else."""
    peer.answer(request, m.AddResponse())


SCENES = [
    refuse,
    unavailable,
    accept,
    challenge,
    lure,
    hang_up,
    be_silent,
    babble,
    change_kind,
]


def serve(scene: Callable[[Peer, m.LDAPMessage], None]) -> Callable[[Peer], None]:
    """A server that offers everything, and plays the scene when somebody binds."""

    def script(peer: Peer) -> None:
        while True:
            request = peer.next()
            if isinstance(request.op, m.SearchRequest):
                entry = m.SearchResultEntry(
                    "", [m.PartialAttribute("supportedSASLMechanisms", MECHANISMS)]
                )
                peer.answer(request, entry)
                peer.answer(request, m.SearchResultDone())
            elif isinstance(request.op, m.BindRequest):
                scene(peer, request)
            elif isinstance(request.op, m.CompareRequest):
                peer.answer(request, m.CompareResponse(ResultCode.compareTrue))

    return script


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
@pytest.mark.parametrize("way", WAYS)
def test_binding(way: str, scene: Callable[[Peer, m.LDAPMessage], None]) -> None:
    """Whatever the way, and whatever the server does: nothing of it is shown."""
    shown = ""
    credentials = made(way)
    with listening() as log, hostile(serve(scene)) as server:
        connection = Connection(server.url, credentials, timeout=0.3)
        try:
            connection.bind()
        except LDAPError as error:
            shown = exposed(error)
        finally:
            connection.unbind()
    check(log.text)
    check(shown)
    for thing in (credentials, connection, connection.usage, connection.settings):
        check(f"{thing} {thing!r}")
    check_tokens(server.received, log.text + shown)
    binds = [r for r in server.received if isinstance(r.op, m.BindRequest)]
    assert binds or "BindRequest" not in log.text


def check_tokens(received: list[m.LDAPMessage], text: str) -> None:
    """What was sent as a SASL step is not shown either."""
    for message in received:
        how = getattr(message.op, "authentication", None)
        token = b""
        if isinstance(how, m.SaslCredentials):
            token = how.credentials or b""
        elif isinstance(how, m.SicilyAuthentication):
            token = how.token
        if len(token) > 8:
            check(text, shapes(token))


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
@pytest.mark.parametrize("way", ["simple", "scram-sha-256", "ntlm"])
def test_asyncio(way: str, scene: Callable[[Peer, m.LDAPMessage], None]) -> None:
    """The other driver shows nothing either."""

    async def bind(url: str) -> str:
        connection = AsyncConnection(url, made(way), timeout=0.3)
        try:
            await connection.bind()
            await connection.compare("cn=a", "userPassword", CANARY)
        except LDAPError as error:
            return exposed(error)
        finally:
            await connection.unbind()
        return ""

    with listening() as log, hostile(serve(scene)) as server:
        shown = asyncio.run(bind(server.url))
    assert log.of("ldapom.transport")
    check(log.text)
    check(shown)
    check_tokens(server.received, log.text + shown)


@pytest.mark.parametrize("scene", [refuse, accept, challenge, be_silent, babble])
def test_kerberos(kerberos: Kdc, scene: Callable[[Peer, m.LDAPMessage], None]) -> None:
    """The ticket and its proof are secrets too."""

    def script(peer: Peer) -> None:
        while True:
            request = peer.next()
            if isinstance(request.op, m.BindRequest):
                scene(peer, request)

    credentials = c.Kerberos(host="localhost")
    with listening() as log, hostile(script) as server:
        connection = Connection(server.url, credentials, timeout=1)
        with pytest.raises(LDAPError) as caught:
            connection.bind()
        connection.unbind()
    binds = [r for r in server.received if isinstance(r.op, m.BindRequest)]
    assert binds
    check_tokens(binds, log.text + exposed(caught.value))


@pytest.mark.parametrize("way", WAYS)
def test_words_about_credentials(way: str) -> None:
    """Neither their text, nor an error about them, shows the password."""
    credentials = made(way)
    check(f"{credentials} {credentials!r}")
    with pytest.raises(LDAPError) as caught:
        made(way, f"{CANARY}\udc80\0")
        Connection("ldap://127.0.0.1:1", credentials, timeout=0.2).bind()
    check(exposed(caught.value))


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: c.Simple("", CANARY),
        lambda: c.Plain("", CANARY),
        lambda: c.Plain("me", f"{CANARY}\0"),
        lambda: c.Scram("", CANARY),
        lambda: c.Scram("me", CANARY, "SCRAM-NONE"),
        lambda: Ntlm("", CANARY),
        lambda: c.Spnego(password=CANARY),
        lambda: Ntlm("me", CANARY, hash="00" * 16),
        lambda: Ntlm("me", hash=CANARY),
    ],
)
def test_credentials_that_are_refused(mistake: Callable[[], Credentials]) -> None:
    """A password next to a mistake is not shown with it."""
    with pytest.raises(LDAPError) as caught:
        mistake()
    check(exposed(caught.value))


# --- operations ----------------------------------------------------------------------

SECRETS = ("userPassword", "unicodePwd", "userPassword;x-hashed", "2.5.4.35")
KINDS = (Add, Delete, Replace)
UTF16 = f'"{CANARY}"'.encode("utf-16-le")

OPERATIONS: dict[str, Callable[[Connection], object]] = {
    "add": lambda x: x.add("cn=a", {name: [CANARY, UTF16] for name in SECRETS}),
    "modify": lambda x: x.modify(
        "cn=a", [kind(name, [CANARY, UTF16]) for name in SECRETS for kind in KINDS]
    ),
    "compare": lambda x: x.compare("cn=a", "userPassword", CANARY),
    "search": lambda x: list(
        x.search("", Filter.parse("(|(userPassword=?)(cn=a))", CANARY))
    ),
    "extended": lambda x: x.extended("1.3.6.1.4.1.4203.1.11.1", CANARY.encode()),
    "unknown": lambda x: x.extended("1.2.3.4", CANARY.encode()),
    "control": lambda x: x.delete(
        "cn=a", controls=[m.Control("1.3.6.1.1.12", True, CANARY.encode())]
    ),
    "set_password": lambda x: x.set_password("cn=a", CANARY),
    "change_password": lambda x: x.change_password("cn=a", CANARY[::-1], CANARY),
}


def answers_in_full(peer: Peer, request: m.LDAPMessage) -> None:
    """Success, with secrets wherever an answer has room for them."""
    secret = CANARY.encode()
    control = m.Control(
        "1.3.6.1.1.13.2", value=b"\x30\x82" + len(secret).to_bytes(2) + secret
    )
    entry = m.PartialAttribute("userPassword", (secret, UTF16))
    match request.op:
        case m.SearchRequest():
            peer.answer(request, m.SearchResultEntry("cn=a", [entry]))
            peer.answer(request, m.IntermediateResponse("1.2.3", secret))
            peer.answer(request, m.SearchResultDone(), control)
        case m.ExtendedRequest():
            peer.answer(request, m.ExtendedResponse(name="1.2.3", value=secret))
        case m.CompareRequest():
            peer.answer(request, m.CompareResponse(ResultCode.compareTrue))
        case m.ModifyRequest():
            peer.answer(request, m.ModifyResponse(), control)
        case m.AddRequest():
            peer.answer(request, m.AddResponse(), control)
        case m.DelRequest():
            peer.answer(request, m.DelResponse(), control)


def refuses(peer: Peer, request: m.LDAPMessage) -> None:
    """No, to everything."""
    kinds: dict[type, type[m.Result]] = {
        m.SearchRequest: m.SearchResultDone,
        m.ExtendedRequest: m.ExtendedResponse,
        m.CompareRequest: m.CompareResponse,
        m.ModifyRequest: m.ModifyResponse,
        m.AddRequest: m.AddResponse,
        m.DelRequest: m.DelResponse,
    }
    if type(request.op) in kinds:
        answer = kinds[type(request.op)](ResultCode.constraintViolation)
        peer.answer(request, answer)  # type: ignore[arg-type]  # each is a response


def half_an_entry(peer: Peer, request: m.LDAPMessage) -> None:
    """A secret, and then octets that are no LDAP."""
    secret = CANARY.encode()
    good = m.SearchResultEntry("cn=a", [m.PartialAttribute("userPassword", (secret,))])
    if isinstance(request.op, m.SearchRequest):
        peer.answer(request, good)
    peer.send(b"\x30\x20\x02\x01\x01\x99" + secret)


REACTIONS = [
    answers_in_full,
    refuses,
    hang_up,
    be_silent,
    half_an_entry,
]


@pytest.mark.parametrize("react", REACTIONS, ids=lambda react: react.__name__)
@pytest.mark.parametrize("what", OPERATIONS)
def test_operating(what: str, react: Callable[[Peer, m.LDAPMessage], None]) -> None:
    """Secret values of any operation, both ways, and whatever becomes of it."""

    def script(peer: Peer) -> None:
        while True:
            react(peer, peer.next())

    shown = ""
    with listening() as log, hostile(script) as server:
        connection = Connection(server.url, timeout=0.3)
        connection.open()
        try:
            shown = repr(OPERATIONS[what](connection))
        except LDAPError as error:
            shown = exposed(error)
        finally:
            connection.unbind()
    assert log.of("ldapom.protocol")
    check(log.text)
    check("" if what == "set_password" else shown)


def test_an_entry_that_does_not_decode() -> None:
    """Its octets are in no error, though they are read long after they came."""
    secret = CANARY.encode()
    name = b"userPassword"
    inner = b"\x04" + bytes([len(name)]) + name + b"\x31\x7e\x04" + bytes([len(secret)])
    attribute = b"\x30" + bytes([len(inner) + len(secret)]) + inner + secret
    listed = b"\x30" + bytes([len(attribute)]) + attribute
    body = b"\x04\x00" + listed
    entry = b"\x02\x01\x01\x64" + bytes([len(body)]) + body

    def script(peer: Peer) -> None:
        request = peer.next()
        peer.send(b"\x30" + bytes([len(entry)]) + entry)
        peer.answer(request, m.SearchResultDone())
        peer.wait_for_end()

    with listening() as log, hostile(script) as server:
        connection = Connection(server.url, timeout=2)
        connection.open()
        (found,) = connection.search("")
        check(repr(found._message))
        with pytest.raises(LDAPError) as caught:
            found["userPassword"]
        connection.unbind()
    check(exposed(caught.value))
    check(log.text)


def test_a_request_that_does_not_encode() -> None:
    """A mistake beside a secret shows the mistake alone."""
    with listening() as log, hostile(lambda peer: peer.wait_for_end()) as server:
        connection = Connection(server.url, timeout=2)
        connection.open()
        with pytest.raises(LDAPError) as caught:
            connection.add("cn=\udfff", {"userPassword": CANARY, "cn": "a"})
        check(exposed(caught.value))
        with pytest.raises(TypeError) as wrong:
            connection.add("cn=a", {"userPassword": CANARY, "uid": 5})  # type: ignore[dict-item]  # the mistake
        check(exposed(wrong.value))
        with pytest.raises(ValueError) as surrogate:
            connection.modify("cn=a", [Replace("userPassword", f"{CANARY}\udfff")])
        check(exposed(surrogate.value))
        connection.unbind()
    check(log.text)


# --- against directories that know the password --------------------------------------


def test_the_box(box: Directory) -> None:
    """Success and a wrong password, and a password that is changed and used."""
    dn = "uid=admin,ou=people,dc=example,dc=com"
    admin = c.Simple(dn, "secret")
    with listening() as log:
        with Connection(box, admin) as connection:
            connection.modify(dn, [Replace("userPassword", CANARY)])
            (entry,) = connection.search(dn, scope="base", attributes=["userPassword"])
            check(f"{entry} {entry!r}")
        with Connection(box, c.Simple(dn, CANARY)) as connection:
            check(f"{connection} {connection!r}")
        with Connection(box, c.Plain("admin", CANARY)) as connection:
            check(f"{connection} {connection!r}")
        with pytest.raises(LDAPError) as caught:
            Connection(box, c.Simple(dn, f"{CANARY}!")).bind()
    check(exposed(caught.value))
    check(log.text)
    assert "userPassword" in log.text


@pytest.mark.parametrize("way", ["plain", "digest-md5", "scram-sha-256"])
def test_openldap(slapd_sasl: Slapd, way: str) -> None:
    """Success, a wrong password, and a search behind the bind, as the canary."""
    name = f"canary-{way}"
    dn = f"uid={name},ou=people,dc=example,dc=com"
    attributes = {
        "objectClass": ["inetOrgPerson"],
        "cn": name,
        "sn": name,
        "userPassword": CANARY,
    }
    tls = Tls(ca_file=str(slapd_sasl.pki.ca_file))
    shown = ""
    manager = Connection(slapd_sasl.url, c.Simple(MANAGER_DN, MANAGER_PASSWORD))
    with listening() as log, manager:
        manager.add(dn, attributes)
        for password in (CANARY, f"{CANARY}!", CANARY[::-1] + CANARY):
            credentials = made(way, password, name)
            connection = Connection(slapd_sasl.url, credentials, tls=tls)
            try:
                with connection:
                    assert name in connection.who_am_i()
                    assert len(list(connection.search(dn))) == 1
                    check(f"{connection} {connection!r}")
            except InvalidCredentials as error:
                shown += exposed(error)
            check(f"{connection} {connection!r}")
        manager.delete(dn)
    assert shown.count("InvalidCredentials(") >= 2
    check(shown)
    check(log.text)


@pytest.mark.parametrize("way", ["ntlm", "spnego", "simple"])
@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
def test_active_directory(samba: Samba, way: str, scheme: str) -> None:
    """``unicodePwd``, NTLM with its layer or bound to TLS, and a wrong password."""
    name = f"canary-{way}-{scheme}"
    dn = f"CN={name},CN=Users,{BASE}"
    tls = Tls(ca_file=str(samba.pki.ca_file))
    password = f"{CANARY}!"
    url = samba.tls_url if scheme == "ldaps" else samba.url
    user = name if way != "simple" else f"{name},CN=Users,{BASE}"
    shown = ""
    admin = c.Simple(f"Administrator@{REALM}", ADMIN_PASSWORD)
    administrator = Connection(samba.tls_url, admin, tls=tls)
    with listening() as log, administrator:
        administrator.add(dn, {"objectClass": "user", "sAMAccountName": name})
        administrator.set_password(dn, password)
        administrator.modify(dn, [Replace("userAccountControl", "512")])
        for given in (password, f"{CANARY}?"):
            who = made(way, given, user)
            connection = Connection(url, who, tls=tls, allow_cleartext=True)
            try:
                with connection:
                    assert len(list(connection.search(dn, scope="base"))) == 1
                    check(f"{connection} {connection!r}")
            except InvalidCredentials as error:
                shown += exposed(error)
        administrator.delete(dn)
    assert "InvalidCredentials(" in shown
    check(shown)
    check(log.text)


def test_the_canary_sings() -> None:
    """What is looked for is found, in each of its shapes."""
    for octets in (CANARY.encode(), CANARY.encode("utf-16-le")):
        for text in shapes(b"before" + octets + b"behind") | {repr(octets)}:
            if text.isascii():
                with pytest.raises(AssertionError):
                    check(text, SHAPES)
