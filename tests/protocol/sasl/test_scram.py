"""SCRAM: the vectors of the RFCs, another implementation's server, and hostile ones."""

from __future__ import annotations

import base64
from typing import Final

import pytest
import scramp
from hypothesis import given, settings
from hypothesis import strategies as st

from ldapom.errors import LocalProtocolError, RemoteProtocolError
from ldapom.protocol import sasl
from ldapom.protocol.credentials import Scram
from ldapom.protocol.sasl import Surroundings
from ldapom.protocol.sasl.scram import (
    HASHES,
    MAX_ITERATIONS,
    ScramIdentity,
    ScramMechanism,
    prepared_password,
)
from ldapom.secrets import Secret

NOWHERE: Final = Surroundings()
TLS: Final = Surroundings(host="ldap.example.com", tls=True, certificate=b"some")
BINDING: Final = b"\x01" * 32

#: Mechanism, client nonce, server first, client final, server final.
VECTORS: Final = {
    "RFC 5802 5": (
        "SCRAM-SHA-1",
        "fyko+d2lbbFgONRv9qkxdawL",
        b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        (
            b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
            b"p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
        ),
        b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ),
    "RFC 7677 3": (
        "SCRAM-SHA-256",
        "rOprNGfwEbeRWgbNEkqO",
        (
            b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            b"s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        ),
        (
            b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        ),
        b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ),
}
NAME, NONCE, FIRST, FINAL, PROOF = VECTORS["RFC 7677 3"]


def run(
    name: str = NAME,
    nonce: str = NONCE,
    around: Surroundings = NOWHERE,
    authzid: str | None = None,
) -> ScramMechanism:
    """A run of the user of the RFCs with a nonce that is known."""
    identity = ScramIdentity("user", Secret("pencil"), authzid, nonce=nonce)
    return ScramMechanism(name, identity, around)


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's certificate has a channel binding, whatever it is."""
    monkeypatch.setattr(sasl, "end_point", lambda certificate: BINDING)


class TestVectors:
    """The examples of the RFCs."""

    @pytest.mark.parametrize("vector", VECTORS.values(), ids=list(VECTORS))
    def test_example(self, vector: tuple[str, str, bytes, bytes, bytes]) -> None:
        """Each message is the RFC's, octet for octet."""
        name, nonce, first, final, proof = vector
        mechanism = run(name, nonce)
        assert mechanism.name == name
        assert mechanism.step(None) == b"n,,n=user,r=" + nonce.encode()
        assert mechanism.step(first) == final
        mechanism.finish(proof)
        assert mechanism.layer is None

    def test_proof_before_the_end(self) -> None:
        """A server may send its proof as a challenge, and success without it."""
        mechanism = run()
        mechanism.step(None)
        mechanism.step(FIRST)
        assert mechanism.step(PROOF) == b""
        mechanism.finish(None)

    def test_names_are_escaped(self) -> None:
        """A comma or an equals sign in a name is none of the message's."""
        identity = ScramIdentity("a=b,c", Secret("x"), "u:d,e=", nonce="N")
        mechanism = ScramMechanism(NAME, identity, NOWHERE)
        assert mechanism.step(None) == b"n,a=u:d=2Ce=3D,n=a=3Db=2Cc,r=N"

    def test_the_authorization_identity_is_bound_in(self) -> None:
        """What is proven holds the header that names it."""
        mechanism = run(authzid="dn:cn=x")
        mechanism.step(None)
        final = mechanism.step(FIRST)
        assert final is not None
        header = base64.b64decode(final.split(b",")[0].removeprefix(b"c="))
        assert header == b"n,a=dn:cn=3Dx,"
        assert final != FINAL

    def test_nonces_differ(self) -> None:
        """Each run has a nonce of its own, long enough to be no guess."""
        credentials = Scram("user", "pencil")
        nonces = {credentials.mechanism(NOWHERE).step(None) for _ in range(5)}
        assert len(nonces) == 5
        assert all(len(n or b"") >= len(b"n,,n=user,r=") + 24 for n in nonces)


def test_names_that_are_nothing() -> None:
    """SASLprep leaves nothing of a soft hyphen; a password is then taken as it is."""
    with pytest.raises(LocalProtocolError, match="leaves nothing of this name"):
        Scram("\xad", "pencil").mechanism(NOWHERE).step(None)
    assert prepared_password("\xad").reveal() == b"\xc2\xad"


class TestAgainstAnotherImplementation:
    """The package ``scramp`` as the server."""

    @pytest.mark.parametrize("plus", ["", "-PLUS"])
    @pytest.mark.parametrize("base", ["SHA-1", "SHA-256", "SHA-512", "SHA3-512"])
    @given(
        user=st.text(st.characters(min_codepoint=33, max_codepoint=0x24F), min_size=1),
        password=st.text(
            st.characters(min_codepoint=32, max_codepoint=0x24F), min_size=1
        ),
    )
    @settings(max_examples=20)
    def test_agreement(self, base: str, plus: str, user: str, password: str) -> None:
        """Both sides prove themselves, whatever the password; a wrong one is refused."""
        name = f"SCRAM-{base}{plus}"
        least = 10000 if "SHA3" in base else 4096
        maker = scramp.ScramMechanism(name)
        try:
            credentials = Scram(user, password, name)
            known = maker.make_auth_info(password, iteration_count=least)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(sasl, "end_point", lambda certificate: BINDING)
                mechanism = credentials.mechanism(TLS if plus else NOWHERE)
            first = mechanism.step(None) or b""
        except (LocalProtocolError, scramp.ScramException):
            return  # a name or password that SASLprep prohibits, or makes empty
        binding = ("tls-server-end-point", BINDING) if plus else None
        server = maker.make_server(lambda name: known, channel_binding=binding)
        server.set_client_first(first.decode())
        final = mechanism.step(server.get_server_first().encode())
        server.set_client_final((final or b"").decode())
        mechanism.finish(server.get_server_final().encode())


class TestHostileServers:
    """What a server must not get away with."""

    @pytest.mark.parametrize(
        ("challenge", "words"),
        [
            (b"", "no challenge"),
            (b"\xff\x00", "no challenge"),
            (b"r=" + NONCE.encode(), "no challenge"),
            (FIRST[:-7], "no challenge"),
            (FIRST[:-4], "hashed  times"),
            (FIRST + b"0000", "hashed 40960000 times"),
            (FIRST[:-4] + b"1", "hashed 1 times"),
            (FIRST[:-4] + b"4095", "4096 to"),
            (FIRST[:-4] + b"04096", "hashed 04096 times"),
            (FIRST[:-4] + b"-4096", "hashed -4096 times"),
            (FIRST[:-4] + b"9" * 1000, "hashed 999"),
            (FIRST.replace(b"rOpr", b"rOpR"), "does not continue ours"),
            (b"r=%b,s=W22Z,i=4096" % NONCE.encode(), "does not continue ours"),
            (FIRST.replace(b"%hv", b"\x7fhv"), "does not continue ours"),
            (FIRST.replace(b"s=W22", b"s=W2"), "salt is missing"),
            (FIRST.replace(b"W22ZaJ0SNY7soEsUEjb6gQ==", b""), "salt is missing"),
            (FIRST.replace(b"W22", b"W 22"), "salt is missing"),
            (b"m=new," + FIRST, "no challenge"),
            (FIRST + b",m=new", "no challenge"),
            (b"e=no-resources", "says no-resources"),
            (FIRST + b",x=" + b"y" * 5000, "has 5"),
        ],
    )
    def test_bad_challenge(self, challenge: bytes, words: str) -> None:
        """Nothing is computed from it, and the error says what is wrong with it."""
        mechanism = run()
        mechanism.step(None)
        with pytest.raises(RemoteProtocolError, match=words):
            mechanism.step(challenge)

    def test_unknown_extensions_are_ignored(self) -> None:
        """The ones at the end may be (RFC 5802 5.1); they are signed all the same."""
        mechanism = run()
        mechanism.step(None)
        assert (mechanism.step(FIRST + b",x=y") or b"").startswith(b"c=biws,r=rOpr")

    @pytest.mark.parametrize(
        "final",
        [
            None,
            b"",
            b"v=",
            b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95H4=",
            b"v=" + base64.b64encode(bytes(32)),
            b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
            b"6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
            b"e=other-error",
        ],
    )
    def test_success_without_proof(self, final: bytes | None) -> None:
        """Who does not know the password is not believed."""
        mechanism = run()
        mechanism.step(None)
        mechanism.step(FIRST)
        with pytest.raises(RemoteProtocolError):
            mechanism.finish(final)

    @pytest.mark.parametrize("legs", [0, 1])
    def test_success_too_early(self, legs: int) -> None:
        """Before the proof was asked for there is none, whatever is sent."""
        mechanism = run()
        for _ in range(legs):
            mechanism.step(None)
        for final in (None, PROOF, b"v="):
            with pytest.raises(RemoteProtocolError):
                mechanism.finish(final)

    def test_no_end(self) -> None:
        """After its proof a server has nothing more to ask."""
        mechanism = run()
        for message in (None, FIRST, PROOF):
            mechanism.step(message)
        with pytest.raises(RemoteProtocolError, match="does not end"):
            mechanism.step(PROOF)

    def test_server_first(self) -> None:
        """SCRAM begins with the client."""
        with pytest.raises(RemoteProtocolError, match="spoke first"):
            run().step(FIRST)

    @given(st.binary(max_size=80))
    def test_any_octets(self, octets: bytes) -> None:
        """Whatever comes is a challenge, or refused; no other error."""
        for before, after in ((b"", b""), (FIRST, b""), (b"", FIRST)):
            mechanism = run()
            mechanism.step(None)
            try:
                mechanism.step(before + octets + after)
                mechanism.finish(octets)
            except RemoteProtocolError:
                continue
            raise AssertionError("a server that knows nothing was believed")

    def test_the_most_iterations_take_seconds(self) -> None:
        """The limit is above what anybody recommends for SHA-1."""
        assert 1_300_000 < MAX_ITERATIONS <= 10_000_000


@pytest.mark.usefixtures("bound")
class TestChannelBinding:
    """RFC 5802 6: bound where both sides can, and nobody can talk them out of it."""

    def offering(self, *names: str, openldap: bool = False) -> Surroundings:
        """Inside TLS, with a list that has been read."""
        return Surroundings(
            host="ldap.example.com",
            tls=True,
            certificate=b"some",
            offered=names,
            is_openldap=openldap,
        )

    def bound_to(self, mechanism: ScramMechanism) -> bytes:
        """What the proof of a run is bound to."""
        mechanism.step(None)
        final = mechanism.step(FIRST) or b""
        return base64.b64decode(final.split(b",")[0].removeprefix(b"c="))

    def test_used_where_offered(self) -> None:
        """The list decides, so it is read first."""
        assert run(around=TLS).look_first
        mechanism = run(around=self.offering(NAME, NAME + "-PLUS"))
        assert mechanism.name == NAME + "-PLUS"
        assert not mechanism.look_first
        assert self.bound_to(mechanism) == b"p=tls-server-end-point,," + BINDING

    def test_openldap_has_its_own_name(self) -> None:
        """It calls the binding ``ldap``, and puts the registered name before the hash."""
        mechanism = run(around=self.offering(NAME + "-PLUS", openldap=True))
        expected = b"p=ldap,,tls-server-end-point:" + BINDING
        assert self.bound_to(mechanism) == expected

    @pytest.mark.parametrize("offered", [(NAME,), ("PLAIN",), ()])
    def test_not_offered(self, offered: tuple[str, ...]) -> None:
        """The bind says that it could, so a shortened list is found out."""
        mechanism = run(around=self.offering(*offered))
        assert mechanism.name == NAME
        assert self.bound_to(mechanism) == b"y,,"

    def test_demanded(self) -> None:
        """With its name it is a must, whatever the list says."""
        mechanism = run(NAME + "-PLUS", around=self.offering(NAME))
        assert mechanism.name == NAME + "-PLUS"
        assert self.bound_to(mechanism).startswith(b"p=")

    def test_outside_tls(self) -> None:
        """There is nothing to bind to: not looked for, said, and refused if demanded."""
        mechanism = run(around=Surroundings())
        assert not mechanism.look_first
        assert self.bound_to(mechanism) == b"n,,"
        with pytest.raises(LocalProtocolError, match="use ldaps://"):
            run(NAME + "-PLUS")

    def test_switched_off(self) -> None:
        """For a proxy that ends TLS: not looked for either."""
        credentials = Scram("user", "pencil", channel_binding=False)
        mechanism = credentials.mechanism(TLS)
        assert not mechanism.look_first
        assert (mechanism.step(None) or b"").startswith(b"n,,")

    def test_undefined(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A certificate without a binding is like no TLS, and says so if demanded."""
        monkeypatch.setattr(sasl, "end_point", lambda certificate: None)
        assert not run(around=TLS).look_first
        with pytest.raises(LocalProtocolError, match="server's certificate"):
            run(NAME + "-PLUS", around=TLS)


class TestCredentials:
    """What people write."""

    def test_secrets_are_hidden(self) -> None:
        """No ``repr`` or ``str`` of any part shows the password."""
        credentials = Scram("user", "tiger-lily", authzid="u:other")
        mechanism = credentials.mechanism(NOWHERE)
        mechanism.step(None)
        identity = mechanism.__dict__["_identity"]
        shown = f"{credentials} {credentials!r} {mechanism} {identity!r}"
        assert "tiger" not in shown
        assert "<10 bytes hidden>" in shown
        assert str(credentials) == "SCRAM-SHA-256 user as u:other"

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda: Scram("", "x"),
            lambda: Scram("x", ""),
            lambda: Scram("x\0y", "x"),
            lambda: Scram("x\udcff", "x"),
            lambda: Scram("x", "y", authzid="\0"),
            lambda: Scram("x", "y", "SCRAM-MD5"),
            lambda: Scram("x", "y", "SCRAM-SHA-1-PLUS", channel_binding=False),
        ],
    )
    def test_mistakes(self, wrong: object) -> None:
        """Are told when they are made."""
        assert callable(wrong)
        with pytest.raises(LocalProtocolError):
            wrong()

    def test_no_password(self) -> None:
        """None is a mistake of its own kind."""
        with pytest.raises(TypeError, match="NoneType"):
            Scram("x", None)  # type: ignore[arg-type]  # the mistake

    def test_any_case(self) -> None:
        """Mechanism names are upper case (RFC 4422 3.1)."""
        assert str(Scram("u", "p", "scram-sha-1")) == "SCRAM-SHA-1 u"

    def test_every_mechanism_can_run(self) -> None:
        """What the credentials take the mechanism knows."""
        for name in HASHES:
            assert Scram("u", "p", name).mechanism(NOWHERE).name == name

    def test_names_are_prepared(self) -> None:
        """By SASLprep; one that it prohibits is an error."""
        first = Scram("\u2168", "p").mechanism(NOWHERE).step(None) or b""
        assert first.startswith(b"n,,n=IX,r=")
        with pytest.raises(LocalProtocolError, match="SASLprep prohibits"):
            Scram("a\u0007", "p").mechanism(NOWHERE).step(None)

    def test_passwords_are_prepared(self) -> None:
        """If they can be; and octets never are."""
        assert prepared_password("\u2168").reveal() == b"IX"
        assert prepared_password("\U0001f600").reveal() == "\U0001f600".encode()
        assert prepared_password("\u2168".encode()).reveal() == "\u2168".encode()
