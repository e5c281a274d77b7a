"""The unit of work as a program uses it, on every server."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

import pytest

from ldapom import (
    DN,
    Add,
    CommitError,
    ConflictError,
    EntryAlreadyExists,
    LDIFTarget,
    LocalProtocolError,
    NoResult,
    OutcomeUnknown,
    ReadOnlyEntry,
    Replace,
    Session,
    State,
    UncommittedChanges,
    ValidationError,
    ldif,
)
from ldapom.protocol import messages as m
from tests.behaviour.between import Between
from tests.behaviour.edits import OrganizationalUnit, ShadowAccount
from tests.behaviour.edits import User as WithPassword
from tests.behaviour.people import PosixAccount, User
from tests.servers.targets import Server

if TYPE_CHECKING:
    from ldapom.testing import Directory

HUNDRED = 100


def new(uid: str, base: str, number: int = 1) -> User:
    """A user that is nowhere yet."""
    return User(
        dn=DN.of(("uid", uid), base),
        uid=[uid],
        cn=[f"Person {uid}"],
        sn=["Surname"],
        uidNumber=number,
        gidNumber=1,
        homeDirectory=f"/home/{number}",
    )


def fill(server: Server, base: str, *uids: str) -> None:
    """Put users on the server."""
    with server.session() as session:
        for number, uid in enumerate(uids):
            session.add(new(uid, base, number))
        session.commit()


def read(server: Server, uid: str, base: str) -> User:
    """What another session reads."""
    with server.session() as session:
        return session.get(User, DN.of(("uid", uid), base))


def state(entry: User) -> State:
    """The state now; a checker would take a property for what it was before."""
    return entry.state


def uids(server: Server, base: str) -> list[str]:
    """Who is there."""
    with server.session() as session:
        return sorted(user.uid.one for user in session.query(User).base(base))


# --- one session ---------------------------------------------------------------------


def test_a_life(server: Server, subtree: str) -> None:
    """An entry is added, changed, renamed, moved and deleted; its state says where."""
    with server.session() as session:
        user = new("life", subtree)
        assert state(user) is State.new
        session.add(user)
        assert state(user) is State.adding
        user.cn = []
        assert state(user) is State.incomplete
        with pytest.raises(ValidationError, match="cn"):
            session.commit()
        user.cn = ["A Life"]
        session.commit()
        assert state(user) is State.clean

        user.mail.append("life@example.com")
        assert state(user) is State.changed
        session.rename(user, uid="afterlife")
        assert state(user) is State.renaming
        session.commit()
        assert state(user) is State.clean
        assert user.dn == DN.of(("uid", "afterlife"), subtree)
        assert user.uid == ["afterlife"]
        assert read(server, "afterlife", subtree).mail == ["life@example.com"]

        session.delete(user)
        assert state(user) is State.deleting
        session.commit()
        assert state(user) is State.deleted
        assert uids(server, subtree) == []
        with pytest.raises(ReadOnlyEntry):
            session.delete(user)


def test_nobody_keeps_a_name(server: Server, subtree: str) -> None:
    """A change to an entry out of a stream is saved though nobody holds the entry."""
    fill(server, subtree, "a", "b", "c")
    with server.session() as session:
        for user in session.query(User).base(subtree):
            user.description = ["changed"]
            del user
        for mail in [user.mail for user in session.query(User).base(subtree)]:
            mail.append("x@example.com")
        assert len(session.pending) == 3
        session.commit()
    for uid in "abc":
        assert read(server, uid, subtree).description == ["changed"]
        assert read(server, uid, subtree).mail == ["x@example.com"]


def test_what_is_not_committed_is_told(server: Server, subtree: str) -> None:
    """Leaving with changes raises and sends nothing; with an exception it does not."""
    fill(server, subtree, "a")
    dn = DN.of(("uid", "a"), subtree)
    with pytest.raises(UncommittedChanges, match="uid=a"), server.session() as session:
        session.get(User, dn).sn = ["Changed"]
    with pytest.raises(ZeroDivisionError), server.session() as session:
        session.get(User, dn).sn = ["Changed"]
        _ = 1 / 0
    with server.session() as session:
        user = session.get(User, dn)
        user.sn = ["Changed"]
        session.discard()
        assert user.sn == ["Surname"]
        assert state(user) is State.clean
    user.sn = ["Later"]
    assert state(user) is State.detached
    assert read(server, "a", subtree).sn == ["Surname"]


def test_a_writer(server: Server, subtree: str) -> None:
    """It commits at the end of its block, and discards when an exception ends it."""
    fill(server, subtree, "a", "b")
    with server.session() as session:
        with session.query(User).base(subtree).writer() as users:
            for user in users:
                user.loginShell = "/bin/bash"
            users.delete(users[0])
            assert len(users.pending) == 2
        assert len(users) == 1
        assert not users.pending
        with pytest.raises(ZeroDivisionError), session.writer(User) as more:
            more.add(new("c", subtree))
            _ = 1 / 0
        left = users[0]
    assert uids(server, subtree) == [left.uid.one]
    assert read(server, left.uid.one, subtree).loginShell == "/bin/bash"


def test_a_reader_only_reads(server: Server, subtree: str) -> None:
    """And says how to write."""
    fill(server, subtree, "a")
    with server.session() as session:
        (user,) = session.query(User).base(subtree).reader()
        assert user.state is State.read_only
        with pytest.raises(ReadOnlyEntry, match="writer"):
            user.sn = ["x"]
        with pytest.raises(ReadOnlyEntry, match="writer"):
            user.cn.append("x")
        assert not session.pending


def test_one_dn_one_object(server: Server, subtree: str) -> None:
    """Reading again gives the same object, fresh where it was not changed."""
    fill(server, subtree, "a")
    dn = DN.of(("uid", "a"), subtree)
    with server.session() as session:
        user = session.query(User).only("uid", "sn").base(subtree).one()
        user.sn = ["Mine"]
        with server.connection() as connection:
            connection.modify(dn, [Replace("sn", "Theirs"), Replace("cn", "Theirs")])
        again = session.get(User, dn)
        assert again is user
        assert user.sn == ["Mine"]
        assert user.cn == ["Theirs"]
        session.refresh(user, discard=True)
        assert user.sn == ["Theirs"]
        assert not session.pending


def test_the_smallest_modify(box: Directory) -> None:
    """One value more among many is one value on the wire; nothing changed is nothing."""
    base = "ou=people,dc=example,dc=com"
    dn = f"uid=many,{base}"
    server = Server("box", box)
    fill(server, base, "many")
    with server.connection() as connection:
        connection.modify(dn, [Add("description", [f"v{n}" for n in range(5000)])])
    with box.recording() as requests, server.session() as session:
        user = session.get(User, dn)
        session.commit()
        user.description = list(user.description)
        user.description.reverse()
        session.commit()
        assert not any(isinstance(r.op, m.ModifyRequest) for r in requests)
        user.description.append("one more")
        session.commit()
    (request,) = [r.op for r in requests if isinstance(r.op, m.ModifyRequest)]
    (change,) = request.changes
    assert change.operation is m.ModifyOperation.add
    assert change.modification.values == (b"one more",)


def test_parents_first_children_first(server: Server, subtree: str) -> None:
    """Adds go from the top, deletes from the bottom, whatever the order asked."""
    with server.session() as session:
        deep = new("deep", f"ou=below,{subtree}")
        above = OrganizationalUnit(dn=DN.of(("ou", "below"), subtree), ou=["below"])
        session.add(deep)
        session.add(above)
        session.commit()
        session.delete(above)
        session.delete(deep)
        session.commit()
        assert deep.state is above.state is State.deleted
        session.add(top := OrganizationalUnit(dn=above.dn, ou=["below"]))
        for number in range(5):
            session.add(new(f"n{number}", str(above.dn), number))
        session.commit()
        session.delete(top, recursive=True)
        session.commit()
    assert uids(server, subtree) == []


def test_move_takes_children_along(server: Server, subtree: str) -> None:
    """Entries below one that is renamed are found under their new names."""
    with server.session() as session:
        parent = OrganizationalUnit(dn=DN.of(("ou", "old"), subtree), ou=["old"])
        child = new("child", str(parent.dn))
        session.add(parent)
        session.add(child)
        session.commit()
        session.rename(parent, ou="new")
        child.sn = ["Changed"]
        session.commit()
        assert child.dn == DN.of(("uid", "child"), f"ou=new,{subtree}")
        assert session.get(User, child.dn) is child
        assert read(server, "child", f"ou=new,{subtree}").sn == ["Changed"]


def test_auxiliary_classes(server: Server, subtree: str) -> None:
    """They come and go with their attributes in one Modify; the model stays."""
    fill(server, subtree, "a")
    dn = DN.of(("uid", "a"), subtree)
    with server.session() as session:
        user = session.get(User, dn)
        user.extend(ShadowAccount, shadowMin=7)
        assert len(session.pending) == 1
        session.commit()
        assert user.as_(ShadowAccount).shadowMin == 7
        user.drop(ShadowAccount)
        session.commit()
    with server.connection() as connection:
        (found,) = connection.search(dn, scope="base")
        assert "shadowMin" not in found.attributes
        assert b"shadowaccount" not in map(bytes.lower, found["objectClass"])
    assert not hasattr(User, "shadowMin")
    assert issubclass(User, PosixAccount)


def test_everything_wrong_at_once(server: Server, subtree: str) -> None:
    """All findings in one error, and nothing is sent."""
    fill(server, subtree, "a", "b")
    with server.session() as session:
        first, second = session.query(User).base(subtree).order_by("uid").all()
        first.cn = []
        second.mail = ["x@example.com", "X@EXAMPLE.COM"]
        second.sn = ["Fine"]
        with pytest.raises(ValidationError) as caught:
            session.commit()
        text = " ".join(caught.value.findings)
        assert len(caught.value.findings) == 2
        assert "cn" in text
        assert "mail" in text
        assert len(session.pending) == 2
        session.discard()
    assert read(server, "b", subtree).sn == ["Surname"]


# --- when the server refuses ---------------------------------------------------------


def test_the_first_refusal_stops(server: Server, subtree: str) -> None:
    """What was done, what was refused and what was not sent are told apart."""
    fill(server, subtree, "taken")
    with server.session() as session:
        fine, taken, later = (new(uid, subtree) for uid in ("fine", "taken", "later"))
        for user in (fine, taken, later):
            session.add(user)
        with pytest.raises(CommitError) as caught:
            session.commit()
        error = caught.value
        assert [op.dn for op in error.done] == [str(fine.dn)]
        assert [op.dn for op in error.failed] == [str(taken.dn)]
        assert [op.dn for op in error.pending] == [str(later.dn)]
        assert error.unknown == ()
        assert isinstance(error.__cause__, EntryAlreadyExists)
        assert isinstance(error.errors[error.failed[0]], EntryAlreadyExists)
        states = [user.state for user in (fine, taken, later)]
        assert states == [State.clean, State.adding, State.adding]
        session.delete(taken)
        session.commit()
    assert uids(server, subtree) == ["fine", "later", "taken"]


def test_going_on(server: Server, subtree: str) -> None:
    """With ``on_error="continue"`` all that does not depend on a refusal is done."""
    fill(server, subtree, "taken")
    with server.session() as session:
        for uid in ("fine", "taken", "later"):
            session.add(new(uid, subtree))
        with pytest.raises(CommitError) as caught:
            session.commit(on_error="continue")
        assert len(caught.value.done) == 2
        assert len(caught.value.failed) == 1
        assert caught.value.pending == ()
        session.discard()
    assert uids(server, subtree) == ["fine", "later", "taken"]


# --- two writers ---------------------------------------------------------------------


@pytest.mark.parametrize("before", [None, "before"])
def test_two_writers_one_value(
    server: Server, subtree: str, before: str | None
) -> None:
    """Exactly one wins; the other is told, and may look again."""
    fill(server, subtree, "a")
    dn = DN.of(("uid", "a"), subtree)
    with server.session() as one, server.session() as two:
        mine = one.get(User, dn)
        mine.employeeNumber = before
        one.commit()
        theirs = two.get(User, dn)
        mine.employeeNumber, theirs.employeeNumber = "mine", "theirs"
        one.commit()
        with pytest.raises(ConflictError) as caught:
            two.commit()
        assert len(caught.value.failed) == 1
        assert read(server, "a", subtree).employeeNumber == "mine"
        two.refresh(theirs)
        assert theirs.employeeNumber == "theirs"
        two.commit()
    assert read(server, "a", subtree).employeeNumber == "theirs"


def test_a_race(server: Server, subtree: str) -> None:
    """Two threads, one value, many rounds: each round has one winner."""
    fill(server, subtree, "a")
    dn = DN.of(("uid", "a"), subtree)
    rounds = 20
    barrier = threading.Barrier(2)
    won: dict[int, list[str]] = {number: [] for number in range(rounds)}
    failures: list[BaseException] = []

    def run(name: str) -> None:
        try:
            with server.session() as session:
                for number in range(rounds):
                    barrier.wait(30)
                    user = session.get(User, dn)
                    barrier.wait(30)
                    user.employeeNumber = f"{name} {number}"
                    try:
                        session.commit()
                    except ConflictError:
                        session.discard()
                    else:
                        won[number].append(f"{name} {number}")
                    barrier.wait(30)
                    session.refresh(user, discard=True)
                    assert [user.employeeNumber] == won[number]
        except BaseException as error:  # noqa: BLE001  # told below
            failures.append(error)
            barrier.abort()

    threads = [threading.Thread(target=run, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    assert all(len(winners) == 1 for winners in won.values())


def test_two_writers_many_values(server: Server, subtree: str) -> None:
    """Each adds a value: nothing is lost."""
    fill(server, subtree, "a")
    dn = DN.of(("uid", "a"), subtree)
    with server.session() as one, server.session() as two:
        one.get(User, dn).mail.append("one@example.com")
        two.get(User, dn).mail.append("two@example.com")
        one.commit()
        two.commit()
    stored = read(server, "a", subtree).mail
    assert sorted(stored) == ["one@example.com", "two@example.com"]


@pytest.mark.without("ds389")
def test_optimistic(server: Server, subtree: str) -> None:
    """Any change of somebody else since the entry was read is a conflict."""
    fill(server, subtree, "a")
    dn = DN.of(("uid", "a"), subtree)
    with (
        Session(server.target, server.admin, tls=server.tls, optimistic=True) as one,
        server.session() as two,
    ):
        mine = one.get(User, dn)
        two.get(User, dn).sn = ["Theirs"]
        two.commit()
        mine.mail.append("mine@example.com")
        with pytest.raises(ConflictError):
            one.commit()
        assert read(server, "a", subtree).mail == []
        one.refresh(mine)
        assert mine.sn == ["Theirs"]
        one.commit()
        mine.mail.append("again@example.com")
        one.commit()
    stored = read(server, "a", subtree).mail
    assert sorted(stored) == ["again@example.com", "mine@example.com"]


@pytest.mark.parametrize("server", ["ds389"], indirect=True)
def test_optimistic_without_assertions(server: Server, subtree: str) -> None:
    """A server that has no assertions is told apart before anything is sent."""
    fill(server, subtree, "a")
    with Session(
        server.target, server.admin, tls=server.tls, optimistic=True
    ) as session:
        mine = session.get(User, DN.of(("uid", "a"), subtree))
        mine.sn = ["Mine"]
        with pytest.raises(LocalProtocolError, match="4528"):
            session.commit()
        session.discard()
    assert read(server, "a", subtree).sn == ["Surname"]


def test_atomic(server: Server, subtree: str) -> None:
    """All or nothing where the server offers it; a refusal names what is missing."""
    fill(server, subtree, "taken")
    with server.session() as session:
        session.add(new("fine", subtree))
        session.add(new("taken", subtree))
        offered = session.root_dse.supports("1.3.6.1.1.21.1")
        with pytest.raises(CommitError if offered else LocalProtocolError):
            session.commit(atomic=True)
        assert uids(server, subtree) == ["taken"]
        session.discard()


# --- a server that stops -------------------------------------------------------------


def hundred(session: Session, base: str) -> None:
    """Ask for a hundred writes of all kinds."""
    users = {user.uid.one: user for user in session.query(User).base(base)}
    for number in range(30):
        session.add(new(f"new{number}", base, number))
    for number in range(20):
        session.rename(users[f"old{number}"], uid=f"renamed{number}")
    for number in range(20, 50):
        users[f"old{number}"].sn = ["Changed"]
        users[f"old{number}"].mail.append("changed@example.com")
    for number in range(50, 70):
        session.delete(users[f"old{number}"])


@pytest.mark.parametrize("carries_out", [True, False])
@pytest.mark.parametrize("after", [0, 7, 37, 64, 99])
def test_a_server_that_stops(
    server: Server, subtree: str, after: int, carries_out: bool
) -> None:
    """It is known what was done and what not; a rerun does nothing twice."""
    fill(server, subtree, *(f"old{number}" for number in range(70)))
    between = Between(server.target)
    with Session(between, server.admin) as session:
        hundred(session, subtree)
        operations = session.pending
        assert len(operations) == HUNDRED
        between.cut(after, carries_out=carries_out)
        with pytest.raises(CommitError) as caught:
            session.commit()
        error = caught.value
        told = [*error.done, *error.unknown, *error.pending]
        assert [op.dn for op in told] == [op.dn for op in operations]
        assert len(error.done) == after
        assert error.failed == ()
        (unknown,) = error.unknown
        assert isinstance(error.errors[unknown], OutcomeUnknown)
        assert isinstance(error.__cause__, OutcomeUnknown)
        (entry,) = unknown.entries
        assert isinstance(entry, User)
        assert entry.state is State.unknown

        session.connection.bind()
        session.refresh(entry)
        session.commit()
        assert not session.pending
        answered = [m.LDAPMessage(0, each.op) for each in between.writes]
        assert len(answered) == len(set(map(repr, answered))) == HUNDRED
    check_hundred(server, subtree)


def check_hundred(server: Server, base: str) -> None:
    """Everything is as `hundred` asked for."""
    expected = {
        *(f"new{number}" for number in range(30)),
        *(f"renamed{number}" for number in range(20)),
        *(f"old{number}" for number in range(20, 50)),
    }
    with server.session() as session:
        users = {user.uid.one: user for user in session.query(User).base(base)}
        assert users.keys() == expected
        for number in range(20, 50):
            assert users[f"old{number}"].sn == ["Changed"]
            assert users[f"old{number}"].mail == ["changed@example.com"]


def test_gone_meanwhile(server: Server, subtree: str) -> None:
    """Refreshing what somebody has deleted says so."""
    fill(server, subtree, "a")
    dn = DN.of(("uid", "a"), subtree)
    with server.session() as session:
        user = session.get(User, dn)
        with server.connection() as connection:
            connection.delete(dn)
        with pytest.raises(NoResult, match="uid=a"):
            session.refresh(user)


# --- LDIF ----------------------------------------------------------------------------


def test_a_session_without_a_server(server: Server, subtree: str) -> None:
    """Its commits are LDIF; what somebody then applies gives the same entries."""
    stream = io.StringIO()
    with Session(LDIFTarget(stream)) as session:
        session.add(new("paper", subtree))
        session.commit()
    with server.connection() as connection:
        for record in ldif.loads(stream.getvalue()):
            assert isinstance(record, ldif.AddRecord)
            connection.add(record.dn, dict(record.attributes))
    assert read(server, "paper", subtree).cn == ["Person paper"]


def test_pending_hides_secrets(server: Server, subtree: str) -> None:
    """A password is struck out, unless one asks for it."""
    fill(server, subtree, "a")
    with server.session() as session:
        user = session.get(WithPassword, DN.of(("uid", "a"), subtree))
        user.userPassword = [b"canary"]
        assert "canary" not in str(session.pending)
        assert "canary" not in session.pending.ldif()
        assert "canary" in session.pending.ldif(secrets=True)
        session.discard()
