"""Each cell of the matrix, by both drivers; and the page that shows it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pytest

from ldapom.errors import LDAPError, OperationsError
from ldapom.protocol.credentials import Anonymous
from tests.matrix import places
from tests.matrix.document import PAGE, page
from tests.matrix.logins import LOGINS
from tests.matrix.outcomes import CELLS, OUTCOMES, Refused, Works
from tests.servers.population import COUNT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldapom.protocol.aconnection import AsyncConnection
    from ldapom.protocol.connection import Connection
    from tests.matrix.outcomes import Outcome
    from tests.matrix.places import Place, Way
    from tests.servers.pki import Pki

#: The fixture of each server, and the one that makes this test its Kerberos client.
FIXTURES: Final = {
    "OpenLDAP": ("slapd_sasl", "kerberos"),
    "389 DS": ("ds389", "kerberos"),
    "Samba AD": ("samba", "samba_kerberos"),
    "Samba AD, strong": ("samba_strong", "samba_strong_kerberos"),
    "The directory in the box": ("served", "kerberos"),
}
#: What a page holds for those who may not read all at once.
PAGE_SIZE: Final = 400
#: A tenth of all, or nearly.
FEW: Final = COUNT // 10 - 20


@pytest.fixture(scope="module")
def served(
    pki: Pki, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[places.Place]:
    """The directory in the box, with 3,000 people."""
    with places.of_box(pki, tmp_path_factory.mktemp("box")) as place:
        yield place


def place_of(request: pytest.FixtureRequest, server: str, login: str) -> Place:
    """The server of a cell, and a ticket where one is used."""
    fixture, ticket = FIXTURES[server]
    if LOGINS[login].ticket:
        request.getfixturevalue(ticket)
    running = request.getfixturevalue(fixture)
    if fixture == "served":
        assert isinstance(running, places.Place)
        return running
    return (places.of_domain if "Samba" in server else places.of_sample)(running)


def check_refusal(error: LDAPError, expected: Refused, secret: str) -> None:
    """It is of its kind, says what to do, and shows no secret."""
    assert type(error) is expected.error
    said = "\n".join((str(error), *getattr(error, "__notes__", ())))
    assert expected.says in said
    assert secret not in said


def check_layer(connection: Connection | AsyncConnection, expected: Works) -> None:
    """What protects a connection beside TLS."""
    assert connection._link is not None
    layer = connection._link.engine.layer
    assert (layer and layer.description) == expected.layer


def expected_name(place: Place, login: str, way: Way) -> str:
    """Who the server has to take us for."""
    if login == "Anonymous":
        return ""
    peer = login == "EXTERNAL" and way == "ldapi"
    return f"dn:{place.socket_dn if peer else place.dn}".lower()


def cell_id(value: object) -> str:
    """Names of tests without what is not in names."""
    return type(value).__name__ if isinstance(value, Works | Refused) else str(value)


cells = pytest.mark.parametrize(
    ("where", "login", "way", "outcome"), CELLS, ids=cell_id
)


@pytest.mark.real_server
@cells
def test_blocking(
    request: pytest.FixtureRequest,
    where: str,
    login: str,
    way: Way,
    outcome: Outcome,
) -> None:
    """The bind comes to what the table says; then identity, 3,000 entries, identity."""
    place = place_of(request, where, login)
    how = LOGINS[login]
    connection = place.connection(how.make(place), way, certificate=how.certificate)
    if isinstance(outcome, Refused):
        with pytest.raises(outcome.error) as caught, connection:
            pytest.fail("let in")
        check_refusal(caught.value, outcome, place.password)
        return
    with connection:
        check_layer(connection, outcome)
        if not outcome.reads:
            with pytest.raises(OperationsError):
                next(connection.search(place.many))
            assert connection.root_dse.naming_contexts
            return
        name = expected_name(place, login, way)
        check_identity(connection, place, name)
        pages = 0 if name else PAGE_SIZE
        found = connection.search(place.many, attributes=["cn"], page_size=pages)
        assert sum(1 for _ in found) > COUNT  # and the one they are below
        check_identity(connection, place, name)


def check_identity(connection: Connection, place: Place, name: str) -> None:
    """The server takes us for whom it is to take us."""
    if place.has_who_am_i:
        assert connection.who_am_i().replace(" ", "").lower() == name.replace(" ", "")
        return
    # Active Directory lists the groups of whoever asks, and first who that is.
    (own,) = connection.search(place.dn, scope="base", attributes=["objectSid"])
    (root,) = connection.search("", scope="base", attributes=["tokenGroups"])
    assert root["tokenGroups"][0] == own["objectSid"][0]


@pytest.mark.real_server
@cells
async def test_asyncio(
    request: pytest.FixtureRequest,
    where: str,
    login: str,
    way: Way,
    outcome: Outcome,
) -> None:
    """The other driver comes to the same, and a few things at once follow it."""
    place = place_of(request, where, login)
    how = LOGINS[login]
    connection = place.aconnection(how.make(place), way, certificate=how.certificate)
    if isinstance(outcome, Refused):
        with pytest.raises(outcome.error) as caught:
            async with connection:
                pytest.fail("let in")
        check_refusal(caught.value, outcome, place.password)
        return
    async with connection:
        check_layer(connection, outcome)
        if not outcome.reads:
            assert (await connection.root_dse).naming_contexts
            return

        async def count() -> int:
            # Fewer than anybody may read at once, more than a buffer holds.
            found = connection.search(place.many, place.some, attributes=["cn"])
            return sum([1 async for _ in found])

        counts = await asyncio.gather(*(count() for _ in range(3)))
        assert counts[0] > FEW
        assert len(set(counts)) == 1
        if place.has_who_am_i:
            name = expected_name(place, login, way).replace(" ", "")
            said = await connection.who_am_i()
            assert said.replace(" ", "").lower() == name


#: What the list of a server has to name where the login works.
NAMES: Final = {
    **dict.fromkeys(("EXTERNAL", "PLAIN", "DIGEST-MD5", "GSSAPI")),
    **dict.fromkeys(("SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512")),
    "SCRAM-SHA-256-PLUS": None,
    "GSS-SPNEGO, Kerberos": "GSS-SPNEGO",
}


@pytest.mark.real_server
@pytest.mark.parametrize("way", places.WAYS)
@pytest.mark.parametrize("where", OUTCOMES)
async def test_what_is_offered(
    request: pytest.FixtureRequest, where: str, way: Way
) -> None:
    """Both drivers read the list, and it names what works."""
    place = place_of(request, where, "Anonymous")
    with place.connection(Anonymous(), way, certificate=True) as blocking:
        offered = blocking.supported_sasl_mechanisms
    async with place.aconnection(Anonymous(), way, certificate=True) as connection:
        assert await connection.supported_sasl_mechanisms == offered
    works = {
        NAMES[login] or login
        for server, login, by, outcome in CELLS
        if (server, by) == (where, way) and isinstance(outcome, Works)
        if login in NAMES
    }
    assert works <= set(offered)


def test_every_login_is_in_every_table() -> None:
    """A new way to bind is a row everywhere."""
    assert all(set(rows) == set(LOGINS) for rows in OUTCOMES.values())


def test_the_page_is_up_to_date() -> None:
    """`python -m tests.matrix` would change nothing."""
    assert PAGE.read_text("utf-8") == page()
