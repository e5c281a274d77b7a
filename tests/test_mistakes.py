"""What people hand over by mistake is refused by a sentence that says what to write."""

from __future__ import annotations

import math
from types import new_class
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from ldapom import (
    LDAPURL,
    Anonymous,
    AsyncConnection,
    AsyncPool,
    AsyncSession,
    Connection,
    Entry,
    LocalProtocolError,
    MissingValue,
    Pool,
    Retry,
    Servers,
    Session,
    Tls,
    Wire,
    attribute,
    ldif,
)
from tests.mapper.changes import CREDENTIALS, PEOPLE, ada_of
from tests.mapper.models import User

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom.testing import Directory

# Nothing here is typed: a type checker would refuse it first.
A_CLASS = "a class of entries is wanted, such as User, not "
AN_ENTRY = "an entry is wanted, not "

OF_SESSIONS = [
    (lambda s, _: s.query("User"), f"{A_CLASS}'User'"),
    (lambda s, _: s.query(User.query()), f"{A_CLASS}Query"),
    (lambda s, _: s.query(None), f"{A_CLASS}NoneType"),
    (lambda s, _: s.get("uid=ada,dc=example,dc=com", User), f"{A_CLASS}'uid=ada"),
    (lambda s, _: s.get(User, None), "a name is str or DN, not NoneType"),
    (lambda s, _: s.writer("User"), f"{A_CLASS}'User'"),
    (lambda _, ada: ada.as_("posixAccount"), f"{A_CLASS}'posixAccount'"),
    (lambda s, _: s.add(User), f"{AN_ENTRY}a class: read it with"),
    (lambda s, ada: s.add([ada]), f"{AN_ENTRY}list"),
    (lambda s, _: s.refresh("uid=ada"), f"{AN_ENTRY}str"),
    (lambda s, ada: s.increment(ada, User.uidNumber), "increment.* not .*uidNumber"),
    (lambda s, ada: s.move(ada, None), "a name is str or DN, not NoneType"),
    (lambda s, ada: s.move(ada, User), "a name is str or DN, not type"),
    (lambda s, _: s.entries_of(["uid=ada"]), "such as group.member, not list"),
    (lambda s, _: s.watch(User), "a query is wanted, such as .*, not a class"),
]

OF_QUERIES = [
    (lambda q: q.only(User.cn), r'only\(\) takes the names .* "cn", not Person.cn'),
    (lambda q: q.only(["cn", "sn"]), r"only\(\) takes the names .*, not a list"),
    (lambda q: q.order_by(User.cn), r"order_by\(\) takes the names .*Person.cn"),
    (lambda q: q.order_by(("cn", "sn")), r"order_by\(\) takes .*, not a list"),
    (lambda q: q.base(None), "a name is str or DN, not NoneType"),
    (lambda q: q.base(User), "a name is str or DN, not type"),
    (lambda q: q.limit("3"), "a limit is an int, not str"),
    (lambda q: q.limit(True), "a limit is an int, not bool"),
    (lambda q: q.page_size(2.5), "a page size is an int, not float"),
    (lambda q: q.order_by("cn").window("a", 3), "the start of a window is an int"),
]

OF_CONNECTIONS = [
    (lambda c: c.search("", attributes=[User.cn]), "a list of names, not of Person.cn"),
    (lambda c: c.search("", attributes=None), "a list of names, empty for all"),
    (lambda c: c.rebind(None), "credentials are .*, not NoneType"),
]

OF_MAKING = [
    (lambda make: make(389), "a server is named by a URL, .* not by int"),
    (lambda make: make("ldap://x", timeout=None), "seconds, math.inf for none, not"),
    (lambda make: make("ldap://x", timeout="5"), "seconds, math.inf for none, not str"),
    (lambda make: make("ldap://x", ("cn=x", "secret")), "credentials .*, not tuple"),
    (lambda make: make("ldap://x", timout=5), r"\(\) takes no 'timout'; did you mean"),
    (lambda make: make("ldap://x", colour=5), r"\(\) takes no 'colour'$"),
    # What a file of settings says in words would count as True.
    (lambda make: make("ldap://x", allow_cleartext="no"), "True or False, not 'no'"),
    (lambda make: make("ldap://x", start_tls=0), "start_tls is True or False, not 0"),
    (lambda make: make("ldaps://x", tls=True), r"tls is Tls\(...\) or .* not bool"),
]


@pytest.mark.parametrize(("call", "text"), OF_SESSIONS)
def test_sessions(box: Directory, call: Callable[..., object], text: str) -> None:
    """A session says what it wants, and nothing is pending for it."""
    with Session(box, CREDENTIALS) as session:
        with pytest.raises(TypeError, match=text):
            call(session, ada_of(session))
        assert not session.pending


@pytest.mark.parametrize(("call", "text"), OF_SESSIONS)
async def test_sessions_of_asyncio(
    box: Directory, call: Callable[..., Any], text: str
) -> None:
    """One of asyncio says the same, at the call or where that is awaited."""
    async with AsyncSession(box, CREDENTIALS) as session:
        ada = await session.get(User, f"uid=ada,{PEOPLE}")
        with pytest.raises(TypeError, match=text):
            await call(session, ada)
        assert not session.pending


@pytest.mark.parametrize(("call", "text"), OF_QUERIES)
def test_queries(call: Callable[[Any], object], text: str) -> None:
    """A query that can not be meant is refused where it is written."""
    with pytest.raises(TypeError, match=text):
        call(User.query())


@pytest.mark.parametrize(("call", "text"), OF_CONNECTIONS)
def test_connections(box: Directory, call: Callable[[Any], object], text: str) -> None:
    """So is what the untyped client is asked."""
    with (
        Connection(box, CREDENTIALS) as connection,
        pytest.raises(TypeError, match=text),
    ):
        call(connection)


@pytest.mark.parametrize(("call", "text"), OF_MAKING)
@pytest.mark.parametrize(
    "kind", [Connection, Session, Pool, AsyncConnection, AsyncSession, AsyncPool]
)
def test_what_is_made(kind: type, call: Callable[[Any], object], text: str) -> None:
    """What can not be connected with is refused before anybody connects."""
    with pytest.raises(TypeError, match=text):
        call(kind)


def test_a_dict_that_is_none() -> None:
    """Text is no dictionary of values."""
    with pytest.raises(TypeError, match=r"as to_dict\(\) gives it, not str"):
        User.from_dict("uid=ada")  # type: ignore[arg-type]


def test_who_says_nothing_is_nobody() -> None:
    """None for credentials is nobody, as it is where they are left out."""
    assert Connection("ldap://x", None).settings.credentials == Anonymous()


async def test_who_was_not_entered(box: Directory) -> None:
    """The remedy is in words that go with the kind."""
    with pytest.raises(LocalProtocolError, match="use it in a with statement"):
        Session(box).query(User).first()
    with pytest.raises(LocalProtocolError, match="use it in an async with statement"):
        await AsyncSession(box).query(User).first()
    with pytest.raises(LocalProtocolError, match="in a with statement, or call bind"):
        Connection(box).delete("uid=ada")
    with pytest.raises(LocalProtocolError, match="an async with statement, or await"):
        await AsyncConnection(box).delete("uid=ada")


def made(body: dict[str, Any], **said: Any) -> type[Entry]:
    """A class of entries."""

    def fill(namespace: dict[str, Any]) -> None:
        namespace.update(body, __module__=__name__)

    cls: type[Entry] = new_class("Made", (Entry,), said, fill)
    return cls


@pytest.mark.parametrize("name", [3, None, "", " "])
def test_names_of_attributes(name: Any) -> None:
    """What no server takes for a name is refused where it is declared."""
    with pytest.raises(TypeError, match=r"takes the LDAP name of an attribute"):
        attribute(name, default=None)


@pytest.mark.parametrize(
    "name", ["cn", "2.5.4.3", "x-Vendor_1", "userCertificate;binary", "cn;lang-de"]
)
def test_names_of_the_field(name: str) -> None:
    """Names, options, OIDs, and underscores as vendors have them, are declared."""
    body = {"a": attribute(name, default=()), "__annotations__": {"a": "Many[str]"}}
    assert made(body).__ldapom__.attributes["a"].ldap_name == name


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"object_class": ["person"]}, "object_class is a text, .* not list"),
        ({"base": 389}, "base is a text, such as .*, not int"),
        ({"rdn": ["cn", "sn"]}, r"rdn is a text, such as 'cn\+sn', not list"),
    ],
)
def test_arguments_of_a_class(said: dict[str, Any], text: str) -> None:
    """They are texts, and the error says which and how."""
    with pytest.raises(TypeError, match=text):
        made({}, **said)


def test_one_attribute_of_many_values() -> None:
    """A list is not one value, and the error names what is one."""
    body = {"a": attribute("cn"), "__annotations__": {"a": "Attr[list[str]]"}}
    with pytest.raises(TypeError, match=r"Many\[\.\.\.\] for any number of values"):
        made(body)


@pytest.mark.parametrize("kind", [Pool, AsyncPool])
@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"max_size": "3"}, "max_size is an int, not str"),
        ({"max_size": 0}, "max_size is 1 or more, not 0"),
        ({"min_size": -1}, "min_size is 0 or more, not -1"),
        ({"min_size": 3, "max_size": 2}, "min_size 3 is more than max_size 2"),
        ({"max_idle": None}, "max_idle is a number, not NoneType"),
        ({"check_after": math.nan}, "check_after is 0 or more, not nan"),
    ],
)
def test_pools(kind: type, options: dict[str, Any], text: str) -> None:
    """A pool says which of its numbers is none."""
    with pytest.raises((TypeError, ValueError), match=text):
        kind("ldap://x", **options)


# Without their types.
_RETRY: Any = Retry
_SERVERS: Any = Servers
_TLS: Any = Tls
_WIRE: Any = Wire
_URL: Any = LDAPURL
_SESSION: Any = Session
_LOADS: Any = ldif.loads


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: _RETRY(attempts=0), "^attempts of Retry is 1 or more, not 0$"),
        (lambda: _RETRY(attempts="3"), "^attempts of Retry is an int, not str$"),
        (lambda: _RETRY(jitter=2), "^jitter of Retry is 0 to 1, not 2$"),
        (lambda: _SERVERS("ldap://a", strategy="x"), "one of 'in order', .*, not 'x'$"),
        (
            lambda: _SERVERS("ldap://a", dead_for=-1),
            "^dead_for of Servers is 0 or more",
        ),
        (lambda: _TLS(verify="no"), "^verify of Tls is True or False, not 'no'$"),
        (lambda: _WIRE(max_message_size="1"), "^max_message_size of Wire is an int"),
        (
            lambda: _URL("http"),
            "^scheme of LDAPURL is one of 'ldap', .* not 'http'$",
        ),
        (lambda: _URL("ldap", port=0), "^port of LDAPURL is 1 to 65535, not 0$"),
        (lambda: _URL("ldap", scope="all"), "^scope of LDAPURL is one of 'base'"),
        (lambda: _SESSION("ldap://x", optimistic="no"), "^optimistic is True or False"),
        (lambda: _LOADS(None), "^LDIF is str or bytes, not NoneType$"),
    ],
)
def test_values(call: Callable[[], object], text: str) -> None:
    """Values say in one sentence what is wrong with them."""
    with pytest.raises((TypeError, ValueError), match=text):
        call()


def test_words_of_a_commit(box: Directory) -> None:
    """What is not one of the two words does not go on behind a refusal."""
    with Session(box, CREDENTIALS) as session:
        ada = ada_of(session)
        ada.displayName = "Ada"
        how: Any = "Stop"
        with pytest.raises(ValueError, match="on_error of How is one of 'stop'"):
            session.commit(on_error=how)
        session.discard()


@pytest.mark.parametrize("name", ["query", "drop", "extend", "as_", "to_dict"])
def test_names_of_methods(name: str) -> None:
    """What is assigned to a method of all entries is refused, and not lost."""
    with pytest.raises(AttributeError, match=f"User has no attribute '{name}'"):
        setattr(User(**_ALL), name, "x")


def test_names_that_a_class_adds() -> None:
    """Its own may be assigned, also where they can be called."""

    class Own(User):
        """A person with something beside."""

        note: ClassVar[str] = ""
        hook: ClassVar[Any] = print

    own: Any = Own(**_ALL)
    own.note, own.hook = "x", repr
    assert (own.note, own.hook) == ("x", repr)


_ALL: dict[str, Any] = {
    "uid": ["eve"],
    "cn": ["Eve"],
    "sn": ["Evans"],
    "uidNumber": 7,
    "gidNumber": 100,
    "homeDirectory": "/home/eve",
}


def test_moving_what_has_no_name(box: Directory) -> None:
    """A new entry is moved once it has one; the top of the tree is a parent too."""
    with Session(box, CREDENTIALS) as session:
        eve = session.add(User(**{**_ALL, "uid": []}))
        with pytest.raises(MissingValue, match="uid names the entry and has no value"):
            session.move(eve, "ou=groups,dc=example,dc=com")
        eve.uid = ["eve"]
        session.move(eve, "ou=groups,dc=example,dc=com")
        session.rename(eve, uid="eva")
        assert str(eve.dn) == "uid=eva,ou=groups,dc=example,dc=com"
        session.move(eve, "")
        assert str(eve.dn) == "uid=eva"
        session.discard()


def test_a_mistake_in_a_search(box: Directory) -> None:
    """It is refused before the connection has to do with it."""
    size: Any = "x"
    with Connection(box, CREDENTIALS) as connection:
        link = connection._link
        with pytest.raises(TypeError, match="page_size of Search is an int, not str"):
            connection.search("", page_size=size)
        assert connection.who_am_i()
        assert connection._link is link
    wire: Any = "fast"
    with pytest.raises(TypeError, match="wire of Settings is a Wire, not str"):
        Connection(box, wire=wire)


def test_who_else_sees_something_else(box: Directory) -> None:
    """Another identity reads root DSE and schema anew."""
    with Connection(box) as connection:
        root, schema = connection.root_dse, connection.schema
        connection.rebind(CREDENTIALS)
        assert connection.root_dse is not root
        assert connection.schema is not schema
