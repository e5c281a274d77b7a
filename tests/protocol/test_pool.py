"""Pools of blocking connections: lending, waiting, what breaks, what grows old."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ldapom.errors import (
    ConnectError,
    DeadlineExceeded,
    InvalidCredentials,
    LDAPError,
    LocalProtocolError,
    ResultCode,
)
from ldapom.protocol import messages as m
from ldapom.protocol.connection import Connection
from ldapom.protocol.credentials import Simple
from ldapom.protocol.extended import START_TRANSACTION
from ldapom.protocol.pool import Pool
from ldapom.protocol.retry import Retry
from tests.protocol.crossing import crossing
from tests.protocol.hostile import Peer, hostile
from tests.servers.process import free_port
from tests.servers.targets import ADMIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ldapom.protocol.pooled import PooledConnection
    from ldapom.testing import Directory
    from tests.servers.targets import Server

ADA = "uid=ada,ou=people,dc=example,dc=com"


@pytest.fixture
def pool(box: Directory) -> Iterator[Pool]:
    """Two places before the directory in the box."""
    with Pool(box, ADMIN, max_size=2, timeout=5) as made:
        yield made


def in_thread(call: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Begin a call; what came of it, or its error, is in the list."""
    results: list[object] = []

    def run() -> None:
        try:
            results.append(call())
        except LDAPError as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


def until(condition: Callable[[], object]) -> None:
    """Wait for what happens in another thread."""
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


# --- lending -------------------------------------------------------------------------


def test_one_after_the_other_share_one(server: Server) -> None:
    """Nothing is opened before it is needed, and what was given back is used again."""
    pool = Pool(server.target, server.admin, tls=server.tls)
    with pool:
        assert pool.statistics.size == 0
        for _ in range(5):
            with pool.connection() as connection:
                assert connection.compare(server.admin.dn, "uid", "admin")
        now = pool.statistics
        assert (now.opened, now.check_outs, now.discarded) == (1, 5, 0)
        assert (now.size, now.idle, now.in_use) == (1, 1, 0)
    assert pool.statistics.size == 0


def test_never_more_than_max_size(server: Server) -> None:
    """Many threads ask at once; each gets its own answer, over three connections."""
    with Pool(server.target, server.admin, tls=server.tls, max_size=3) as pool:

        def work() -> None:
            for _ in range(10):
                with pool.connection() as connection:
                    assert connection.compare(server.admin.dn, "uid", "admin")

        threads = [threading.Thread(target=work) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        now = pool.statistics
        assert now.check_outs == 200
        assert now.opened <= 3
        assert now.waiting == now.in_use == 0
        assert pool.usage.sockets_opened == now.opened


def test_nobody_is_overtaken(pool: Pool) -> None:
    """Callers get their connections in the order in which they came."""
    order: list[int] = []

    def take(number: int) -> None:
        with pool.connection():
            order.append(number)

    first, second = pool.check_out(), pool.check_out()
    threads = []
    for number in range(6):
        threads.append(threading.Thread(target=take, args=(number,)))
        threads[-1].start()
        until(lambda number=number: pool.statistics.waiting == number + 1)  # type: ignore[misc]  # a lambda's default
    pool.check_in(first)
    for thread in threads:
        thread.join(5)
    pool.check_in(second)
    assert order == [*range(6)]
    now = pool.statistics
    assert now.waits == 6
    assert timedelta(0) < now.longest_wait < timedelta(seconds=5)


def test_the_wait_has_an_end(pool: Pool) -> None:
    """Who gets none is told how many there are, and stands in nobody's way after."""
    with pool.connection(), pool.connection():
        began = time.monotonic()
        thread, results = in_thread(lambda: pool.check_out(0.2))
        thread.join(5)
        assert 0.2 <= time.monotonic() - began < 0.5
        (error,) = results
        assert isinstance(error, DeadlineExceeded)
        assert "none of the 2 connections of the pool came free: 2 in use" in str(error)
        assert "within 0.2 s" in str(error)
        assert "max_size" in str(error)
    assert pool.statistics.waiting == 0
    with pool.connection() as connection:
        assert connection.is_open


def test_nobody_waits_for_themselves(pool: Pool) -> None:
    """A thread that has all connections is told so at once."""
    with pool.connection(), pool.connection():
        began = time.monotonic()
        with pytest.raises(LocalProtocolError, match="has all 2 connections"):
            pool.check_out()
        assert time.monotonic() - began < 1


def test_given_back_is_given_back(pool: Pool) -> None:
    """What was given back can not be used, nor given back again, nor a foreign one."""
    with pool.connection() as connection:
        pass
    with pytest.raises(LocalProtocolError, match="was given back"):
        connection.who_am_i()
    with pytest.raises(LocalProtocolError, match="was given back"):
        connection.search("dc=example,dc=com")
    with pytest.raises(LocalProtocolError, match="not checked out of this pool"):
        pool.check_in(connection)
    with pytest.raises(LocalProtocolError, match="not checked out of this pool"):
        pool.check_in(Connection.of(pool.settings))


def test_the_server_is_known_once(box: Directory) -> None:
    """Root DSE and schema are read once, however many connections ask for them."""
    with Pool(box, ADMIN, max_size=4) as pool:

        def ask() -> None:
            with pool.connection() as connection:
                assert "person" in connection.schema.object_classes
                assert connection.root_dse.naming_contexts

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert pool.usage.operations["search"] == 2


def test_what_is_known_grows_old(box: Directory) -> None:
    """Behind ``max_lifetime`` the server is asked again what it offers."""
    with Pool(box, ADMIN, max_lifetime=0.05) as pool:
        for _ in range(2):
            with pool.connection() as connection:
                assert connection.root_dse.naming_contexts
            time.sleep(0.06)
        assert pool.usage.operations["search"] == 2


def test_a_pool_counts(pool: Pool) -> None:
    """Its counters are the sum of all its connections, those that were closed too."""
    for number in range(1, 4):
        with pool.connection() as one, pool.connection() as two:
            one.who_am_i()
            two.who_am_i()
            assert pool.usage.operations["extended"] == 2 * number
            two.close()
        assert pool.usage.operations["extended"] == 2 * number
    assert pool.usage.operations["bind"] == pool.usage.sockets_opened == 4
    assert pool.usage.sockets_closed == 3


# --- who they are --------------------------------------------------------------------


def test_they_stay_who_they_are(pool: Pool) -> None:
    """Nobody binds as somebody else on a pooled connection; the way out is named."""
    with pool.connection() as connection:
        for bind in (connection.bind, connection.rebind):
            with pytest.raises(
                LocalProtocolError, match=r"authenticate\(dn, password\)"
            ):
                bind(Simple(ADA, "secret"))
        with pytest.raises(LocalProtocolError, match="start_tls=True"):
            connection.start_tls()
        connection.bind()
        assert connection.who_am_i() == f"dn:{ADMIN.dn}"
    assert pool.statistics.discarded == 0


def test_logins_are_beside_the_pool(server: Server) -> None:
    """A user's password is checked elsewhere; everybody stays who they are."""
    with Pool(server.target, server.admin, tls=server.tls, max_size=1) as pool:
        with pool.connection() as connection:
            assert pool.authenticate(server.admin.dn, server.admin.password)
            assert not pool.authenticate(server.admin.dn, "wrong")
            assert not pool.authenticate(server.admin.dn, "")
            assert server.admin.dn.lower() in connection.who_am_i().lower()
        assert pool.statistics.opened == 1


def test_logins_are_bounded() -> None:
    """As many logins as connections are under way; the others wait their turn."""
    going = threading.Event()

    def script(peer: Peer) -> None:
        request = peer.next()
        going.wait(10)
        peer.answer(request, m.BindResponse())
        peer.wait_for_end()

    with hostile(script) as server, Pool(server.url, max_size=2, timeout=5) as pool:
        calls = [in_thread(lambda: pool.authenticate("cn=a", "b")) for _ in range(5)]
        until(lambda: len(server.peers) == 2)
        time.sleep(0.1)
        assert len(server.peers) == 2
        going.set()
        for thread, _ in calls:
            thread.join(5)
        assert [results for _, results in calls] == [[True]] * 5
        assert pool.statistics.opened == 0


def test_a_changed_identity_does_not_go_back(box: Directory) -> None:
    """Who changes the own password leaves a connection that is not used again."""
    with Pool(box, Simple(ADA, "secret")) as pool:
        with pool.connection() as connection:
            connection.change_password(ADA, "secret", "new")
        assert pool.statistics.discarded == 1


# --- what breaks ---------------------------------------------------------------------


def leave_pages_open(connection: PooledConnection) -> object:
    """Read the first page of several, and keep the stream."""
    stream = connection.search("dc=example,dc=com", page_size=2)
    next(stream)
    return stream


def begin_a_transaction(connection: PooledConnection) -> object:
    """Begin what nobody ends."""
    return connection.extended(START_TRANSACTION)


def fall_over(connection: PooledConnection) -> object:
    """Close it."""
    connection.close()
    return None


@pytest.mark.parametrize("spoil", [leave_pages_open, begin_a_transaction, fall_over])
def test_what_is_not_as_it_was_is_closed(
    pool: Pool, spoil: Callable[[PooledConnection], object]
) -> None:
    """What one leaves behind is no other's."""
    with pool.connection() as connection:
        kept = spoil(connection)
    now = pool.statistics
    assert (now.discarded, now.size) == (1, 0)
    with pool.connection() as connection:
        assert connection.who_am_i() == f"dn:{ADMIN.dn}"
        assert len(list(connection.search("dc=example,dc=com", page_size=2))) > 2
    del kept


def test_a_stream_that_was_left_harms_nothing(pool: Pool) -> None:
    """A search that was left early is abandoned, and its connection goes on."""
    for _ in range(3):
        with pool.connection() as connection:
            for _entry in connection.search("dc=example,dc=com", page_size=2):
                break
        with pool.connection() as connection:
            for _entry in connection.search("dc=example,dc=com"):
                break
    now = pool.statistics
    assert (now.opened, now.discarded) == (1, 0)


def test_a_stream_of_a_connection_given_back() -> None:
    """Reading on raises; it never looks as if there were no more entries."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        request = peer.next()
        peer.answer(request, m.SearchResultEntry("cn=a"))
        peer.wait_for_end()

    with hostile(script) as server, Pool(server.url, timeout=5) as pool:
        with pool.connection() as connection:
            stream = connection.search("dc=x")
            assert next(stream).dn == "cn=a"
        with pytest.raises(LDAPError):
            next(stream)
        assert pool.statistics.discarded == 1


def test_cut_while_idle(box: Directory) -> None:
    """Who checks out never gets a connection that the server has closed."""
    with box.serve() as listening:
        port = int(listening.url.rpartition(":")[2].strip("/"))
        with crossing(port) as way, Pool(way.url, ADMIN, max_size=3) as pool:
            taken = [pool.check_out() for _ in range(3)]
            for connection in taken:
                pool.check_in(connection)
            way.cut()
            until(lambda: way.now == 0)
            time.sleep(0.05)
            for _ in range(3):
                with pool.connection() as connection:
                    assert connection.usage.reconnects == 0
                    connection.modify(ADA, [])
            assert pool.statistics.discarded == 1  # the others are at the bottom still
            assert pool.statistics.opened == 4


def test_silent_while_idle(box: Directory) -> None:
    """A connection that nobody answers on is found out before somebody has it."""
    with box.serve() as listening:
        port = int(listening.url.rpartition(":")[2].strip("/"))
        with crossing(port) as way:
            options = {"check_after": 0.0, "timeout": 1.0}
            with Pool(way.url, ADMIN, **options) as pool:  # type: ignore[arg-type]  # a dict of two
                with pool.connection() as connection:
                    connection.who_am_i()
                way.silent = True
                with pytest.raises(LDAPError):
                    pool.check_out()
                assert pool.statistics.discarded == 1
                way.silent = False
                with pool.connection() as connection:
                    assert connection.who_am_i() == f"dn:{ADMIN.dn}"


def test_a_timeout_is_not_handed_on() -> None:
    """A connection on which nothing was answered is not the next one's trouble."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        peer.wait_for_end()

    with hostile(script) as server, Pool(server.url, timeout=0.3) as pool:
        with pytest.raises(DeadlineExceeded):
            with pool.connection() as connection:
                connection.who_am_i()
        with pool.connection() as connection:
            with pytest.raises(DeadlineExceeded):
                connection.compare("cn=a", "cn", "a")
        assert pool.statistics.discarded >= 1
        assert pool.statistics.idle <= 1


def test_a_server_that_comes_back(box: Directory) -> None:
    """What could not be opened costs no place, and the pool is used again."""
    port = free_port()
    once = Retry(attempts=1)
    url = f"ldap://127.0.0.1:{port}"
    with Pool(url, ADMIN, max_size=1, timeout=2, retry=once) as pool:
        for _ in range(3):
            with pytest.raises(ConnectError):
                pool.check_out()
        assert pool.statistics.size == 0
        with box.serve(port=port), pool.connection() as connection:
            assert connection.who_am_i() == f"dn:{ADMIN.dn}"


def test_wrong_credentials_are_told_at_once(box: Directory) -> None:
    """With ``min_size`` the pool that is entered has seen that it can log in."""
    pool = Pool(box, Simple(ADMIN.dn, "wrong"), min_size=1)
    with pytest.raises(InvalidCredentials):
        with pool:
            raise AssertionError
    assert pool.is_closed


# --- what grows old ------------------------------------------------------------------


def test_what_is_idle_is_closed(box: Directory) -> None:
    """Beyond ``max_idle`` a connection is closed, but for ``min_size`` of them."""
    with Pool(box, ADMIN, min_size=1, max_size=3, max_idle=0.05) as pool:
        assert pool.statistics.idle == 1
        with pool.connection(), pool.connection(), pool.connection():
            assert pool.statistics.size == 3
        time.sleep(0.06)
        with pool.connection():
            pass
        now = pool.statistics
        assert (now.size, now.retired, now.opened) == (1, 2, 3)


def test_nothing_lives_for_ever(box: Directory) -> None:
    """Beyond ``max_lifetime`` a connection is replaced."""
    with Pool(box, ADMIN, max_lifetime=0.05) as pool:
        for _ in range(3):
            with pool.connection():
                time.sleep(0.02)
            time.sleep(0.05)
        now = pool.statistics
        assert now.opened == 3
        assert now.discarded == 0
        assert now.retired >= 2


# --- the end -------------------------------------------------------------------------


def test_closing(box: Directory) -> None:
    """Who waits is told; who has a connection goes on, and it is closed behind them."""
    pool = Pool(box, ADMIN, max_size=1)
    connection = pool.check_out()
    thread, results = in_thread(pool.check_out)
    until(lambda: pool.statistics.waiting)
    pool.close()
    thread.join(5)
    assert isinstance(results[0], LocalProtocolError)
    assert connection.who_am_i() == f"dn:{ADMIN.dn}"
    pool.check_in(connection)
    assert not connection.is_open
    assert str(pool).endswith("closed")
    with pytest.raises(LocalProtocolError, match="the pool is closed"):
        pool.check_out()
    with pytest.raises(LocalProtocolError, match="closed"):
        pool.authenticate(ADA, "ada")
    pool.close()


def test_what_a_pool_shows(pool: Pool) -> None:
    """It names the server, who it is, and what it holds; never the password."""
    with pool.connection():
        assert "1 in use, 0 idle, 0 waiting, at most 2" in str(pool)
    assert "max_size=2" in repr(pool)
    assert "secret" not in repr(pool) + str(pool)


def test_sizes_make_sense(box: Directory) -> None:
    """A pool without room, or with more at least than at most, is refused."""
    for least, most in ((0, 0), (2, 1), (-1, 1)):
        with pytest.raises(ValueError, match="m.._size"):
            Pool(box, min_size=least, max_size=most)


def test_a_pool_is_not_pickled(pool: Pool) -> None:
    """Sockets do not travel; the error says what to do."""
    with pytest.raises(TypeError, match="one in each process"):
        pickle.dumps(pool)


FORK = """
import os, sys
from ldapom import LocalProtocolError, Simple
from ldapom.protocol.pool import Pool

pool = Pool(sys.argv[1], Simple(sys.argv[2], sys.argv[3]), max_size=2)
idle, mine = pool.check_out(), pool.check_out()
pool.check_in(idle)
child = os.fork()
if not child:
    status = 1
    try:
        try:
            mine.who_am_i()
        except LocalProtocolError:
            pool.check_in(mine)
            with pool.connection() as own, pool.connection() as another:
                assert own.who_am_i() == another.who_am_i() == "dn:" + sys.argv[2]
            assert pool.statistics.opened == 2
            pool.close()
            status = 0
    except BaseException as error:
        print(repr(error), file=sys.stderr, flush=True)
    os._exit(status)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert mine.who_am_i() == "dn:" + sys.argv[2]
pool.check_in(mine)
with pool.connection() as one, pool.connection() as two:
    assert one.who_am_i() == two.who_am_i()
assert pool.statistics.opened == 2 and pool.statistics.discarded == 0
pool.close()
"""


def test_a_forked_process_has_sockets_of_its_own(box: Directory) -> None:
    """Neither of two processes hears what the other one asked."""
    with box.serve() as listening:
        arguments = (listening.url, ADMIN.dn, ADMIN.password)
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", FORK, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr


def test_a_busy_server_is_left(box: Directory) -> None:
    """A connection whose server can serve nobody is not handed on."""

    def script(peer: Peer) -> None:
        peer.accept_bind()
        while True:
            request = peer.next()
            peer.answer(request, m.SearchResultDone(ResultCode.unavailable))

    with hostile(script) as server:
        pool = Pool(server.url, check_after=0.0, timeout=2)
        with pool.connection():
            pass
        with pool.connection():
            pass
        assert pool.statistics.discarded == 1
        pool.close()
