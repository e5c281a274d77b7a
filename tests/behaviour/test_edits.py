"""Whatever is done to entries: after the commit the server holds what they hold."""

from __future__ import annotations

import gc
import os
import subprocess
import uuid
from copy import deepcopy
from typing import TYPE_CHECKING

import pytest
from attrs import frozen
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from ldapom import DN, Connection, Session, State, ValidationError
from ldapom.testing import Directory
from tests.behaviour.edits import Expected, Script, Step, User, person, steps, store
from tests.servers.require import skip_if
from tests.servers.slapd import missing
from tests.servers.targets import Server, delete_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Scripts on each server; every day's run has time for some.
THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
EXAMPLES = int(os.environ.get("LDAPOM_EXAMPLES", "10000" if THOROUGH else "40"))

Dump = dict[DN, dict[str, list[bytes]]]


@frozen
class Place:
    """A server, and where scripts work on it.

    Attributes:
        url: The same server for programs that need one.
        base: What is made and deleted for each script.
    """

    server: Server
    url: str
    base: str

    @property
    def parents(self) -> tuple[str, str]:
        """Below what entries are."""
        return f"ou=a,{self.base}", f"ou=b,{self.base}"

    def fill(self, count: int) -> list[Expected]:
        """Make the tree anew, the same each time."""
        delete_tree(self.server, self.base)
        everyone = [person(n, self.parents[n % 2]) for n in range(1, count + 1)]
        with self.server.connection() as connection:
            for dn in (self.base, *self.parents):
                name = DN.parse(dn).rdns[0][0].value
                connection.add(dn, {"objectClass": "organizationalUnit", "ou": name})
            for one in everyone:
                store(connection, one)
        return everyone

    def dump(self) -> Dump:
        """The people as the server has them."""
        with self.server.connection() as connection:
            found = connection.search(self.base, "(objectClass=person)")
            return {DN.from_server(entry.dn): octets(entry) for entry in found}

    def modify(self, text: str) -> None:
        """Give change records to the ``ldapmodify`` tool."""
        done = subprocess.run(
            ["ldapmodify", "-x", "-H", self.url, "-D", str(self.server.admin.dn),
             "-w", "secret"],
            input=text, capture_output=True, text=True, check=False, timeout=60,
            env={**os.environ, "LDAPNOINIT": "1"},
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{text}"


def octets(entry: object) -> dict[str, list[bytes]]:
    """An entry's attributes, in an order of no meaning; object classes by any case."""
    found = {
        name.lower(): sorted(values)
        for name, values in entry.attributes.items()  # type: ignore[attr-defined]  # a SearchEntry
    }
    found["objectclass"] = sorted(name.lower() for name in found["objectclass"])
    return found


@pytest.fixture(scope="module", params=["box", "slapd"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A place of this module's own on each server."""
    skip_if(missing())
    if request.param == "slapd":
        server = request.getfixturevalue("slapd_server")
        base = f"ou=edits-{uuid.uuid4()},{server.base}"
        yield Place(server, server.target, base)
        delete_tree(server, base)
        return
    directory = Directory.sample()
    with directory.serve() as listening:
        server = Server("box", directory)
        yield Place(server, listening.url, f"ou=edits,{server.base}")


def wanted(everyone: list[Expected]) -> Dump:
    """What must be there."""
    return {one.dn: one.octets() for one in everyone if not one.gone}


@given(count=st.integers(1, 4), script=steps(), hold=st.booleans())
@example(
    count=2,
    script=[("delete_and_add", 1, 0, 0, 0, ()), ("take_class", 1, 0, 0, 0, ())],
    hold=False,
)
@settings(
    max_examples=EXAMPLES,
    # To explain takes longer than to look at the script, which is short by then.
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_server_holds_what_the_objects_hold(
    place: Place, count: int, script: list[Step], hold: bool
) -> None:
    """After the commit; and ``ldapmodify`` makes the same of ``pending.ldif()``."""
    everyone = place.fill(count)
    before = deepcopy(wanted(everyone))
    with place.server.session() as session:
        running = Script(session, place.parents, everyone, hold)
        running.run(script)
        gc.collect(0)
        if not all(one.is_legal() for one in everyone):
            refused(place, session, running, before)
            return
        changes = session.pending.ldif(secrets=True)
        sent = len(session.pending)
        changed = wanted(everyone) != before
        assert sent if changed else (running.blind or not sent), changes
        session.commit()
        assert not session.pending
        check_states(session, everyone)
        held_as_stored(session, everyone)
    after = place.dump()
    assert after == wanted(everyone), changes
    if sent:
        place.fill(count)
        place.modify(changes)
        assert place.dump() == after, changes


def refused(place: Place, session: Session, running: Script, before: Dump) -> None:
    """What the schema forbids is not sent at all, and can be taken back."""
    with pytest.raises(ValidationError) as caught:
        session.commit()
    assert caught.value.findings
    assert place.dump() == before
    session.discard()
    assert not session.pending
    for one in running.everyone:
        if one.held is not None and one.original is not None:
            assert one.held.state is State.clean
            assert one.held.dn == DN.parse(one.original)
            same(one.held, session.get(User, one.original), before)


def same(entry: User, again: User, before: Dump) -> None:
    """The entry shows what the server has, also in what was read before."""
    assert again is entry
    raw = before[entry.dn]
    for name in User.__ldapom__.attributes:
        value = getattr(entry, name)
        values = value if isinstance(value, list) else [value]
        shown = sorted(
            User.__ldapom__.attributes[name].converter.encode(each)
            for each in values
            if each is not None
        )
        if name != "objectClass":
            assert shown == raw.get(name.lower(), []), name


def check_states(session: Session, everyone: list[Expected]) -> None:
    """Everything that is held is clean, or deleted, or was never sent."""
    for one in everyone:
        if one.held is None:
            continue
        if not one.gone:
            assert one.held.state is State.clean
            assert one.held.dn == one.dn
        elif one.original is not None:
            assert one.held.state is State.deleted
        else:
            assert one.held.state is State.new


def held_as_stored(session: Session, everyone: list[Expected]) -> None:
    """What an entry shows is what a Reader reads, value by value."""
    for one in everyone:
        if one.gone:
            continue
        (fresh,) = session.query(User).base(one.dn).scope("base").reader()
        entry = one.held if one.held is not None else session.get(User, one.dn)
        for name in User.__ldapom__.attributes:
            held, stored = getattr(entry, name), getattr(fresh, name)
            if isinstance(held, list):
                held, stored = sorted(map(repr, held)), sorted(map(repr, stored))
            if name == "objectClass":
                held = sorted(each.lower() for each in held)
                stored = sorted(each.lower() for each in stored)
            assert held == stored, name


def test_the_copy_is_a_copy(place: Place) -> None:
    """Filling again gives the same tree: else the scripts would prove nothing."""
    everyone = place.fill(3)
    first = place.dump()
    assert first == wanted(everyone)
    place.fill(3)
    assert place.dump() == first
    connection: Connection = place.server.connection()
    with connection:
        connection.delete(everyone[0].dn)
    assert place.dump() != first
