"""Random edit scripts: what they do to entries, and what must come of it.

`Script` carries steps out on real entries and, in plain Python, on an `Expected`
beside each; it knows nothing of how ldapom finds out what was changed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from attrs import define, field
from hypothesis import strategies as st

from ldapom import (
    DN,
    Attr,
    Auxiliary,
    Entry,
    Many,
    PostalAddress,
    Session,
    State,
    attribute,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldapom import Connection

TEXTS = (
    "Plain", "plain", "two  words", "Two Words", " lead", "trail ", "(paren)",
    "*star*", "back\\slash", "Größe", "comma, inc", "a=b+c", "#hash", 'quo"te',
    "semi;colon", "<angle>", ": colon", "日本語", "new\nline", "x" * 200, "\x00nul",
)  # fmt: skip
ASCII = (
    "Plain",
    "plain",
    "a@example.com",
    "A@Example.COM",
    "b@example.com",
    "c d",
    "z",
)
PHONES = ("+1 555 0100", "+1-555-0100", "+49 30 1", "112", "1 1 2")
NAMES = ("uid=x,dc=nowhere", "uid=y,dc=nowhere", "uid=X,dc=nowhere", "cn=z,dc=nowhere")
OCTETS = (b"\x00\xff", b"\xff\xd8\xff\xe0", b"plain", b"x" * 300, b" lead", b"\r\n")
LINES = (("1 Main St", "Town"), ("1 main st", "town"), ("Größe", "A"), ("one",))
UIDS = ("plain", "comma, inc", "a+b", "#h", "back\\slash", "日本", 'quo"te', " sp ace")


class Person(Entry, object_class="person"):
    """RFC 4519."""

    cn: Many[str] = attribute("cn", must=True)
    sn: Many[str] = attribute("sn", must=True)
    description: Many[str] = attribute("description", default=())
    seeAlso: Many[DN] = attribute("seeAlso", default=())
    telephoneNumber: Many[str] = attribute(
        "telephoneNumber",
        default=(),
        syntax="Telephone Number",
        equality="telephoneNumberMatch",
    )
    userPassword: Many[bytes] = attribute("userPassword", default=())


class OrganizationalPerson(Person, object_class="organizationalPerson"):
    """RFC 4519."""

    postalAddress: Many[PostalAddress] = attribute(
        "postalAddress", default=(), equality="caseIgnoreListMatch"
    )


class InetOrgPerson(OrganizationalPerson, object_class="inetOrgPerson"):
    """RFC 2798."""

    uid: Many[str] = attribute("uid", default=())
    mail: Many[str] = attribute(
        "mail", default=(), syntax="IA5 String", equality="caseIgnoreIA5Match"
    )
    labeledURI: Many[str] = attribute(
        "labeledURI", default=(), equality="caseExactMatch"
    )
    displayName: Attr[str | None] = attribute("displayName", default=None)
    employeeNumber: Attr[str | None] = attribute("employeeNumber", default=None)
    jpegPhoto: Many[bytes] = attribute(
        "jpegPhoto", default=(), syntax="JPEG", equality=""
    )


class PosixAccount(Auxiliary, object_class="posixAccount"):
    """RFC 2307."""

    cn: Many[str] = attribute("cn", must=True)
    uid: Many[str] = attribute("uid", must=True)
    uidNumber: Attr[int] = attribute("uidNumber", must=True)
    gidNumber: Attr[int] = attribute("gidNumber", must=True)
    homeDirectory: Attr[str] = attribute(
        "homeDirectory",
        must=True,
        syntax="IA5 String",
        equality="caseExactIA5Match",
    )


class ShadowAccount(Auxiliary, object_class="shadowAccount"):
    """RFC 2307."""

    uid: Many[str] = attribute("uid", must=True)
    shadowMin: Attr[int | None] = attribute("shadowMin", default=None)
    shadowFlag: Attr[int | None] = attribute("shadowFlag", default=None)


class User(InetOrgPerson, PosixAccount, rdn="uid"):
    """Who is edited."""

    uid: Many[str] = attribute("uid", must=True)


class OrganizationalUnit(Entry, object_class="organizationalUnit", rdn="ou"):
    """RFC 4519."""

    ou: Many[str] = attribute("ou", must=True)


CLASSES = ("top", *User.__ldapom__.object_classes[1:])


def _folded(value: Any) -> object:
    """What the attribute's rule makes of a value: case and spaces do not count."""
    return re.sub(r"\s+", " ", value).strip().lower()


def _lines(value: Any) -> object:
    return tuple(map(_folded, value.lines))


def _digits(value: Any) -> object:
    return re.sub(r"[ -]", "", value).lower()


def _name(value: Any) -> object:
    return str(value).lower()


def _itself(value: Any) -> object:
    return value


def _address(value: PostalAddress) -> bytes:
    return "$".join(value.lines).encode()


#: Attribute -> (values to choose from, what compares equal).
MANY: dict[str, tuple[tuple[Any, ...], Callable[[Any], object]]] = {
    "cn": (TEXTS, _folded),
    "description": (TEXTS, _folded),
    "seeAlso": (tuple(map(DN.parse, NAMES)), _name),
    "telephoneNumber": (PHONES, _digits),
    "userPassword": (OCTETS, _itself),
    "postalAddress": (tuple(map(PostalAddress, LINES)), _lines),
    "mail": (ASCII, _folded),
    "labeledURI": (ASCII, _itself),
    "jpegPhoto": (OCTETS, _itself),
}
#: Attribute -> values to choose from; None where the schema allows it.
ONE: dict[str, tuple[Any, ...]] = {
    "displayName": (None, *TEXTS),
    "employeeNumber": (None, *TEXTS),
    "uidNumber": (0, 1, -5, 4611686014132427209),
    "homeDirectory": ("/home/x", "/home/X", "/"),
}
SHADOW = (None, 0, 7, -1)


def encode(value: object) -> bytes:
    """A value's octets, by other code than the one that is tested."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, PostalAddress):
        return _address(value)
    return str(value).encode()


@define(eq=False)
class Expected:
    """What one entry must be after the commit.

    Attributes:
        uid: The value that names it.
        parent: What it is below.
        values: Its values by attribute.
        original: Its DN on the server before; None for a new one.
        held: The entry, where the script holds it.
    """

    uid: str
    parent: str
    values: dict[str, list[Any]]
    original: str | None = None
    held: User | None = None
    gone: bool = False
    shadow: bool = False

    @property
    def dn(self) -> DN:
        """Its DN after the commit."""
        return DN.of(("uid", self.uid), self.parent)

    def octets(self) -> dict[str, list[bytes]]:
        """Its attributes as the server must have them; values have no order."""
        classes = [*CLASSES, *(["shadowAccount"] if self.shadow else [])]
        found = {
            name.lower(): sorted(map(encode, values))
            for name, values in self.values.items()
            if values
        }
        return {
            **found,
            "objectclass": sorted(name.lower().encode() for name in classes),
        }

    def is_legal(self) -> bool:
        """Whether its schema allows it, and no two values are equal by rule."""
        if self.gone:
            return True
        keys = {**{name: key for name, (_, key) in MANY.items()}, "uid": _folded}
        equal = any(
            len({key(value) for value in self.values.get(name, [])})
            < len(self.values.get(name, []))
            for name, key in keys.items()
        )
        return not equal and bool(self.values["cn"])


def person(number: int, parent: str) -> Expected:
    """One of those that are there before."""
    uid = f"{UIDS[number % len(UIDS)]}-{number}"
    values: dict[str, list[Any]] = {
        "uid": [uid],
        "cn": [f"Person {number}", "Größe"],
        "sn": ["Surname"],
        "uidNumber": [number],
        "gidNumber": [1],
        "homeDirectory": [f"/home/{number}"],
    }
    if number % 2:
        values |= {
            "mail": ["A@Example.COM", "b@example.com"],
            "description": ["two  words", "(paren)", "日本語"],
            "jpegPhoto": [b"\xff\xd8\xff\xe0", b"plain"],
            "employeeNumber": ["Plain"],
            "telephoneNumber": ["+1 555 0100", "112"],
            "seeAlso": [DN.parse("uid=x,dc=nowhere")],
            "userPassword": [b"\x00\xff"],
            "postalAddress": [PostalAddress(("1 Main St", "Town"))],
        }
    return Expected(uid, parent, values, shadow=bool(number % 3))


def store(connection: Connection, expected: Expected) -> None:
    """Put an entry on the server."""
    classes = [*CLASSES, *(["shadowAccount"] if expected.shadow else [])]
    values = {name: list(map(encode, v)) for name, v in expected.values.items()}
    connection.add(expected.dn, {"objectClass": classes, **values})
    expected.original = str(expected.dn)


#: A step: its name, which entry, which attribute, two places, values to choose.
Step = tuple[str, int, int, int, int, tuple[int, ...]]
_small = st.integers(0, 7)
_chosen = st.lists(st.integers(0, 40), max_size=4).map(tuple)


@define
class Script:
    """Carries steps out in a session.

    Attributes:
        session: Where.
        parents: Below what entries are.
        everyone: What is expected of each entry.
        hold: Whether the script keeps the entries it has changed; else it asks for
            them each time.
        blind: Whether it did what is sent though nothing may change by it: it has
            assigned what was not read, or put a new entry in the place of one.
    """

    session: Session
    parents: tuple[str, str]
    everyone: list[Expected]
    hold: bool
    blind: bool = field(default=False, init=False)
    _fresh: int = field(default=100, init=False)

    def run(self, script: list[Step]) -> None:
        """Carry out a script."""
        for name, who, *rest in script:
            alive = [one for one in self.everyone if not one.gone]
            if not alive:
                return
            ACTIONS[name](self, alive[who % len(alive)], *rest)

    def entry(self, one: Expected) -> User:
        """The entry that something is expected of."""
        if one.held is not None:
            return one.held
        assert one.original is not None
        entry = self.session.get(User, one.original)
        if self.hold:
            one.held = entry
        return entry

    def _new_uid(self, place: int) -> str:
        self._fresh += 1
        return f"{UIDS[place % len(UIDS)]}-{self._fresh}"

    # --- several values --------------------------------------------------------------

    def _many(
        self, one: Expected, place: int, chosen: tuple[int, ...]
    ) -> tuple[User, str, list[Any], list[Any]]:
        """The entry, the attribute, what is expected of it, and new values."""
        names = sorted(MANY)
        name = names[place % len(names)]
        pool = MANY[name][0]
        new = [pool[number % len(pool)] for number in chosen]
        plain = one.values.setdefault(name, [])
        if name == "jpegPhoto":
            # Without an equality rule nobody says what twice the same value means.
            new = [v for v in dict.fromkeys(new) if v not in plain]
        entry = self.entry(one)
        # Values come in any order from a server; both lists now have the same.
        values = getattr(entry, name)
        assert sorted(map(encode, values)) == sorted(map(encode, plain))
        plain[:] = values
        return entry, name, plain, new

    def assign(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``entry.mail = [...]``."""
        entry, name, plain, new = self._many(one, place, chosen)
        setattr(entry, name, new)
        plain[:] = new

    def append(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``entry.mail.append(x)``, several times."""
        entry, name, plain, new = self._many(one, place, chosen)
        for value in new:
            getattr(entry, name).append(value)
        plain += new

    def add_in_place(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``entry.mail += [...]``."""
        entry, name, plain, new = self._many(one, place, chosen)
        values = getattr(entry, name)
        values += new
        setattr(entry, name, values)
        plain += new

    def extend(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``entry.mail.extend(...)`` by a generator."""
        entry, name, plain, new = self._many(one, place, chosen)
        getattr(entry, name).extend(value for value in new)
        plain += new

    def insert(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``entry.mail.insert(i, x)``."""
        entry, name, plain, new = self._many(one, place, chosen)
        for value in new[:1]:
            getattr(entry, name).insert(i, value)
            plain.insert(i, value)

    def remove(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``entry.mail.remove(x)``."""
        entry, name, plain, _ = self._many(one, place, chosen)
        if plain:
            value = plain[i % len(plain)]
            getattr(entry, name).remove(value)
            plain.remove(value)

    def pop(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``entry.mail.pop(i)`` gives what it takes."""
        entry, name, plain, _ = self._many(one, place, chosen)
        if plain:
            assert getattr(entry, name).pop(i % len(plain)) == plain.pop(i % len(plain))

    def put(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``entry.mail[i] = x``."""
        entry, name, plain, new = self._many(one, place, chosen)
        if plain and new:
            getattr(entry, name)[i % len(plain)] = new[0]
            plain[i % len(plain)] = new[0]

    def slice(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``entry.mail[i:j] = [...]``."""
        entry, name, plain, new = self._many(one, place, chosen)
        getattr(entry, name)[i:j] = new
        plain[i:j] = new

    def cut(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``del entry.mail[i:j]``."""
        entry, name, plain, _ = self._many(one, place, chosen)
        del getattr(entry, name)[i:j]
        del plain[i:j]

    def clear(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``entry.mail.clear()``."""
        entry, name, plain, _ = self._many(one, place, chosen)
        getattr(entry, name).clear()
        plain.clear()

    def sort(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``entry.mail.sort()`` and ``reverse()``: no change at all."""
        entry, name, _, _ = self._many(one, place, chosen)
        getattr(entry, name).sort(key=encode, reverse=bool(i % 2))
        getattr(entry, name).reverse()

    def same(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``entry.mail = entry.mail``, also by way of a copy: no change at all."""
        entry, name, _, _ = self._many(one, place, chosen)
        setattr(
            entry, name, list(getattr(entry, name)) if i % 2 else getattr(entry, name)
        )

    def forget(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``del entry.mail``."""
        entry, name, plain, _ = self._many(one, place, chosen)
        delattr(entry, name)
        assert getattr(entry, name) == []
        plain.clear()

    # --- one value -------------------------------------------------------------------

    def set_one(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``entry.displayName = x``, also None."""
        names = sorted(ONE)
        name = names[place % len(names)]
        value = ONE[name][(chosen or (i,))[0] % len(ONE[name])]
        setattr(self.entry(one), name, value)
        one.values[name] = [] if value is None else [value]

    def forget_one(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``del entry.displayName``."""
        name = ("displayName", "employeeNumber")[place % 2]
        entry = self.entry(one)
        delattr(entry, name)
        assert getattr(entry, name) is None
        one.values[name] = []

    # --- classes ---------------------------------------------------------------------

    def take_class(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``entry.extend(ShadowAccount, shadowMin=1)``, or a change through it."""
        value = SHADOW[i % len(SHADOW)]
        entry = self.entry(one)
        if one.shadow:
            entry.as_(ShadowAccount).shadowMin = value
            self.blind = True
        else:
            entry.extend(ShadowAccount, shadowMin=value)
            one.values["shadowFlag"] = []
        one.shadow = True
        one.values["shadowMin"] = [] if value is None else [value]

    def drop_class(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``entry.drop(ShadowAccount)`` takes its attributes along."""
        if one.shadow:
            self.entry(one).drop(ShadowAccount)
            one.shadow = False
            one.values["shadowMin"] = one.values["shadowFlag"] = []

    # --- the entry -------------------------------------------------------------------

    def rename(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``session.rename(entry, uid="x")``."""
        uid = self._new_uid(place)
        self.session.rename(self.entry(one), uid=uid)
        one.values["uid"] = [uid if v == one.uid else v for v in one.values["uid"]]
        one.uid = uid

    def rename_by_value(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``entry.uid = ["x"]``; a new one was told its DN and keeps it."""
        if one.original is None:
            return
        uid = self._new_uid(place)
        more = [f"more {one.uid}"] if i % 2 else []
        self.entry(one).uid = [uid, *more]
        one.values["uid"] = [uid, *more]
        one.uid = uid

    def move(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``session.move(entry, parent)``."""
        one.parent = self.parents[place % 2]
        self.session.move(self.entry(one), one.parent)

    def delete(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``session.delete(entry)``; a new one only falls away."""
        self.session.delete(self.entry(one))
        one.gone = True

    def add(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """``session.add(User(...))``."""
        new = person(self._fresh + 1, self.parents[place % 2])
        self._fresh += 1
        new.shadow = False
        values: dict[str, Any] = {
            name: v if name in MANY or name in {"uid", "sn"} else v[0]
            for name, v in new.values.items()
        }
        new.held = User(dn=new.dn, **values)
        assert new.held.state is State.new
        self.session.add(new.held)
        self.everyone.append(new)

    def delete_and_add(
        self, one: Expected, place: int, i: int, j: int, chosen: tuple[int, ...]
    ) -> None:
        """A new entry by the name of one that goes."""
        if one.original != str(one.dn):
            return
        self.delete(one, place, i, j, chosen)
        # The new one may be made the same as the one that goes.
        self.blind = True
        new = Expected(one.uid, one.parent, {**person(2, one.parent).values})
        new.values["uid"] = [one.uid]
        new.held = User(
            dn=new.dn,
            uid=[one.uid],
            cn=new.values["cn"],
            sn=["Surname"],
            uidNumber=2,
            gidNumber=1,
            homeDirectory="/home/2",
        )
        self.session.add(new.held)
        self.everyone.append(new)


ACTIONS = {
    action.__name__: action
    for name, action in vars(Script).items()
    if not name.startswith("_") and name not in {"run", "entry"} and callable(action)
}


def steps() -> st.SearchStrategy[list[Step]]:
    """Scripts of a few steps."""
    step = st.tuples(
        st.sampled_from(sorted(ACTIONS)), _small, _small, _small, _small, _chosen
    )
    return st.lists(step, min_size=1, max_size=10)
