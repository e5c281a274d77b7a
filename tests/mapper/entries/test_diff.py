"""What a commit sends for an entry: as little as says it."""

from __future__ import annotations

import gc
import time
import weakref
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import (
    DN,
    Add,
    Attr,
    ConversionError,
    Delete,
    Entry,
    Many,
    PostalAddress,
    Replace,
    Sid,
    State,
    attribute,
)
from ldapom.mapper.entries import diff, naming
from ldapom.mapper.entries.making import entry_of
from ldapom.schema import matching
from tests.mapper.models import (
    GroupOfNames,
    InetOrgPerson,
    Odd,
    PosixAccount,
    User,
    user,
)
from tests.mapper.units import Holding, stored

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from ldapom.changes import Change


class Exact(Entry, object_class="exact", base="dc=x", rdn="name"):
    """Attributes of one type and different rules."""

    name: Attr[str] = attribute("name", must=True)
    texts: Many[str] = attribute("texts", default=(), equality="caseExactMatch")
    folded: Many[str] = attribute("folded", default=())
    numbers: Many[int] = attribute("numbers", default=())
    whole: Many[str] = attribute("whole", default=(), equality="")
    vendor: Many[str] = attribute("vendor", default=(), equality="someVendorMatch")
    photo: Many[bytes] = attribute("jpegPhoto", default=())
    certificate: Many[bytes] = attribute(
        "userCertificate", default=(), syntax="Certificate"
    )


def sent(entry: Entry) -> tuple[Change, ...]:
    """What a commit would send for it."""
    return diff.modifications(entry._state)


# --- one change, one Modify ------------------------------------------------------------


def test_values_go_one_by_one() -> None:
    """What is gone is deleted as the server sent it, what is new is added."""
    entry = stored(User, ("mail", [b"a@x", b"b@x", b"c@x"]))
    entry.mail.remove("b@x")
    entry.mail.append("d@x")
    assert sent(entry) == (Delete("mail", b"b@x"), Add("mail", b"d@x"))


def test_a_single_value_is_deleted_and_added() -> None:
    """So that the server notices when somebody else has changed it."""
    entry = stored(User, ("uidNumber", [b"5"]), ("gecos", [b"x"]))
    entry.uidNumber = 6
    entry.gecos = None
    entry.displayName = "Ada"
    assert set(sent(entry)) == {
        Delete("uidNumber", b"5"),
        Add("uidNumber", b"6"),
        Delete("gecos", b"x"),
        Add("displayName", b"Ada"),
    }


def test_a_spelling_is_changed_by_deleting_the_old_one() -> None:
    """By the rule they are one value, so the old one has to go first."""
    entry = stored(Exact, ("folded", [b"Ada"]))
    entry.folded = ["ADA"]
    assert sent(entry) == (Delete("folded", b"Ada"), Add("folded", b"ADA"))


def test_zero_false_and_empty_are_values() -> None:
    """They are written, not taken for nothing."""
    entry = stored(Exact, ("numbers", [b"1"]))
    entry.numbers = [0]
    entry.folded = [""]
    odd = stored(Odd, ("active", [b"TRUE"]))
    odd.active = False
    assert sent(entry) == (
        Add("folded", b""),
        Delete("numbers", b"1"),
        Add("numbers", b"0"),
    )
    assert sent(odd) == (Delete("active", b"TRUE"), Add("active", b"FALSE"))


def test_without_an_equality_rule_everything_is_replaced() -> None:
    """Where the class says so, and where the attribute is known to have none."""
    entry = stored(Exact, ("whole", [b"a", b"b"]), ("jpegPhoto", [b"1", b"2"]))
    entry.whole.append("c")
    entry.photo.remove(b"1")
    entry.vendor = ["x"]
    assert sent(entry) == (
        Replace("whole", [b"a", b"b", b"c"]),
        Add("vendor", b"x"),
        Replace("jpegPhoto", b"2"),
    )


def test_what_was_not_read_is_replaced() -> None:
    """Nobody knows what is there."""
    entry = stored(User, ("cn", [b"a"]), loaded=frozenset({"cn"}))
    entry.mail = ["x@x"]
    del entry.gecos
    assert set(sent(entry)) == {Replace("mail", b"x@x"), Replace("gecos")}


def test_a_secret_that_is_hidden_is_replaced() -> None:
    """Adding one would leave the old one valid."""
    entry = stored(User)
    assert entry.userPassword == []
    entry.userPassword = [b"new"]
    assert sent(entry) == (Replace("userPassword", b"new"),)
    seen = stored(User, ("userPassword", [b"old"]))
    seen.userPassword = [b"new"]
    assert sent(seen) == (Delete("userPassword", b"old"), Add("userPassword", b"new"))


def test_certificates_travel_as_binary() -> None:
    """With ``;binary`` (RFC 4523) unless the server leaves it out."""
    entry = stored(Exact)
    entry.certificate = [b"x"]
    plain = stored(Exact, ("userCertificate", [b"x"]))
    plain.certificate.append(b"y")
    marked = stored(Exact, ("userCertificate;binary", [b"x"]))
    marked.certificate.append(b"y")
    assert sent(entry) == (Add("userCertificate;binary", b"x"),)
    assert sent(plain) == (Add("userCertificate", b"y"),)
    assert sent(marked) == (Add("userCertificate;binary", b"y"),)


def test_variants_are_not_touched() -> None:
    """``cn;lang-de`` is another attribute."""
    entry = stored(User, ("cn", [b"a"]), ("cn;lang-de", [b"b"]))
    entry.cn = []
    assert sent(entry) == (Delete("cn", b"a"),)


def test_a_part_of_the_values_is_never_written_back() -> None:
    """The others would be lost."""
    entry = stored(
        GroupOfNames, ("member", []), ("member;range=0-1", [b"cn=a", b"cn=b"])
    )
    entry.member = [DN.parse("cn=c")]
    with pytest.raises(ConversionError, match="only a part"):
        sent(entry)
    assert entry.state is State.changed


def test_an_undecodable_value_can_be_replaced() -> None:
    """Its octets are deleted as they came."""
    entry = stored(User, ("mail", [b"\xff", b"a@x"]), ("uidNumber", [b"1", b"2"]))
    entry.mail = ["a@x"]
    entry.uidNumber = 2
    assert set(sent(entry)) == {Delete("mail", b"\xff"), Delete("uidNumber", b"1")}


# --- nothing changed -------------------------------------------------------------------

WEIRD = {
    "bool": (bool, None, [b"true", b"FALSE"]),
    "int": (int, None, [b"4611686014132427209", b"-2147483646", b"1" * 40]),
    "str": (str, None, [b"  Two  spaces ", "Åsa".encode(), b"$"]),
    "ia5": (str, "IA5 String", [b"X@Example.COM"]),
    "time": (
        datetime,
        None,
        [b"20230101120000,5+0530", b"2010093022Z", b"20180208181004.948468Z"],
    ),
    "utc": (datetime, "UTC Time", [b"9912312359Z", b"991231235959+0100"]),
    "dn": (DN, None, [b"CN = a , DC=X", b"cn=foo\\?,dc=x", b"cn=#0402486A"]),
    "octets": (bytes, None, [b"\x00\xff", b""]),
    "uuid": (UUID, None, [b"73204F2C-B949-4C39-A3AE-79FB5119E676"]),
    "postal": (PostalAddress, None, [b"a $ b$c", b"x\\24y$"]),
    "bits": (str, "Bit String", [b"'0101'B"]),
    "telephone": (str, "Telephone Number", [b"+49 30  123-4"]),
    "oid": (str, "OID", [b"cn", b"2.5.4.3"]),
    "fax": (str, "Facsimile Telephone Number", [b"+1 2$twoDimensional"]),
    "interval": (timedelta, None, [b"-9223372036854775808", b"-600000000", b"0"]),
}
AD = {
    "accountExpires": (
        datetime,
        [b"0", b"9223372036854775807", b"2650467743990000000", b"131277310640000000"],
    ),
    "lockoutDuration": (timedelta, [b"-18000000000", b"-9223372036854775808"]),
    "objectGUID": (UUID, [bytes.fromhex("2c4f207349b9394ca3ae79fb5119e676")]),
    "objectSid": (Sid, [b"\x01\x01" + bytes(5) + b"\x05\x12\x00\x00\x00"]),
}


def model_of(python: type, name: str, syntax: str | None) -> type[Entry]:
    """A class with the attribute once as `Many` and once as `Attr`."""
    namespace = {
        "__module__": __name__,
        "__annotations__": {"many": Many[python], "one": Attr[python | None]},  # type: ignore[valid-type]  # what a test makes
        "many": attribute(name, default=(), syntax=syntax),
        "one": attribute(f"{name};x-one", default=None, syntax=syntax),
    }
    return type("Model", (Entry,), namespace, object_class="model")


CASES = [
    *((python, "x", syntax, raw) for python, syntax, raw in WEIRD.values()),
    *((python, name, None, raw) for name, (python, raw) in AD.items()),
]


def touch_all(entry: Entry) -> None:
    """Do to every value what leaves it what it was."""
    for name in ("many", "one"):
        value = getattr(entry, name)
        setattr(entry, name, value)
        if isinstance(value, list):
            value = getattr(entry, name)
            value.reverse()
            value.append(value[0])
            value.pop()
            value.sort(key=str)


@pytest.mark.parametrize(("python", "name", "syntax", "raw"), CASES)
def test_nothing_changed_sends_nothing(
    python: type, name: str, syntax: str | None, raw: list[bytes]
) -> None:
    """For every syntax, however the server spells its values."""
    model = model_of(python, name, syntax)
    for one in raw:
        entry = stored(model, (name, raw), (f"{name};x-one", [one]))
        touch_all(entry)
        assert sent(entry) == ()
        assert entry.state is State.clean


@pytest.mark.parametrize(("python", "name", "syntax", "raw"), CASES)
def test_equal_values_made_anew_send_nothing(
    python: type, name: str, syntax: str | None, raw: list[bytes]
) -> None:
    """A value that is written the same is the same; no identity is needed."""
    model = model_of(python, name, syntax)
    parts = (name, raw), (f"{name};x-one", raw[:1])
    entry, other = stored(model, *parts), stored(model, *parts)
    for each in ("many", "one"):
        value = getattr(other, each)
        setattr(entry, each, list(value) if isinstance(value, list) else value)
    assert sent(entry) == ()


def test_the_order_of_values_says_nothing() -> None:
    """Values are a set."""
    entry = stored(User, ("mail", [b"b@x", b"a@x"]), ("jpegPhoto", [b"1", b"2"]))
    entry.mail.sort()
    entry.jpegPhoto.reverse()
    assert sent(entry) == ()


# --- any edit --------------------------------------------------------------------------

TEXT = st.sampled_from(["a", "A", "b", "B", "c", " c", "d", "Straße", "STRASSE", ""])
EDITS: dict[str, Callable[[list[str], str, int], object]] = {
    "append": lambda v, x, _: v.append(x),
    "insert": lambda v, x, i: v.insert(i, x),
    "remove": lambda v, x, _: v.remove(x) if x in v else None,
    "pop": lambda v, _, i: v.pop(i % len(v)) if v else None,
    "set": lambda v, x, i: v.__setitem__(i % len(v), x) if v else None,
    "slice": lambda v, x, i: v.__setitem__(slice(i, i + 2), [x, x.upper()]),
    "clear": lambda v, _, __: v.clear(),
    "sort": lambda v, _, __: v.sort(),
    "reverse": lambda v, _, __: v.reverse(),
    "delete": lambda v, _, i: v.__delitem__(slice(i, i + 1)),
    "extend": lambda v, x, _: v.__iadd__([x]),
}
SCRIPT = st.lists(
    st.tuples(st.sampled_from(sorted(EDITS)), TEXT, st.integers(0, 4)), max_size=8
)
NAMES = ["texts", "folded", "whole", "vendor"]


def applied(
    raw: Iterable[bytes], changes: Iterable[Change], key: Callable[[bytes], Hashable]
) -> list[bytes]:
    """Do what a server does; it refuses what is not there, or there already."""
    values = {key(each): each for each in raw}
    for change in changes:
        if isinstance(change, Replace):
            values = {key(each): each for each in change.values}
        elif isinstance(change, Delete):
            for each in change.values:
                assert values.pop(key(each)) == each
        else:
            assert isinstance(change, Add)
            for each in change.values:
                assert key(each) not in values
                values[key(each)] = each
    return sorted(values.values())


def key_of(name: str) -> Callable[[bytes], Hashable]:
    """The equality rule of a test attribute, found without the code under test."""
    rules = {"texts": "caseExactMatch", "folded": "caseIgnoreMatch"}
    rule = matching.lookup(rules.get(name, ""))
    return rule.normalize if rule else bytes


@given(st.sampled_from(NAMES), st.lists(TEXT, max_size=5), SCRIPT, st.booleans())
def test_what_is_sent_makes_the_server_hold_what_the_entry_holds(
    name: str, old: list[str], script: list[tuple[str, str, int]], assigned: bool
) -> None:
    """After any edits, in place or by assignment."""
    key = key_of(name)
    raw = list({key(each.encode()): each.encode() for each in old}.values())
    entry = stored(Exact, (name, raw))
    values: list[str] = getattr(entry, name)
    plain = list(values)
    for what, text, place in script:
        EDITS[what](plain, text, place)
        EDITS[what](values, text, place)
    assert values == plain
    if assigned:
        setattr(entry, name, plain)
    encoded = [each.encode() for each in plain]
    if len({key(each) for each in encoded}) < len(encoded):
        # Two equal values, which a check refuses before anything is sent.
        return
    changes = sent(entry)
    assert applied(raw, changes, key) == sorted(encoded)
    assert bool(changes) == (sorted(raw) != sorted(encoded))
    parts = [each.values for each in changes if isinstance(each, Add | Delete)]
    assert sum(map(len, parts)) <= len(set(raw) ^ set(encoded))


@given(st.lists(TEXT, max_size=5), SCRIPT)
def test_discarding_gives_back_what_was(
    old: list[str], script: list[tuple[str, str, int]]
) -> None:
    """The list that somebody holds is the entry's list again."""
    raw = [each.encode() for each in old]
    entry = stored(Exact, ("texts", raw))
    held = entry.texts
    for what, text, place in script:
        EDITS[what](held, text, place)
    entry._state.restore()
    assert held == old
    assert entry.texts is held
    assert sent(entry) == ()


# --- new entries -----------------------------------------------------------------------


def test_a_new_entry_is_added_whole() -> None:
    """Object classes with superiors; what has no value is left out."""
    parts = diff.additions(user(mail=["a@x"], uidNumber=0)._state)
    assert {part.type: part.values for part in parts} == {
        "objectClass": (b"top", b"person", b"inetOrgPerson", b"posixAccount"),
        "cn": (b"Ada",),
        "sn": (b"Lovelace",),
        "uid": (b"ada",),
        "mail": (b"a@x",),
        "uidNumber": (b"0",),
        "gidNumber": (b"100",),
        "homeDirectory": (b"/home/ada",),
    }


def test_the_values_of_the_rdn_are_inside() -> None:
    """Also those of attributes that the class has not; none comes twice."""
    entry = user(dn="uid=ADA+ou=x,dc=x", uid=["ada", "b"])
    parts = {part.type: part.values for part in diff.additions(entry._state)}
    assert parts["uid"] == (b"ada", b"b")
    assert parts["ou"] == (b"x",)
    other = {
        part.type: part.values
        for part in diff.additions(user(dn="uid=zoe,dc=x")._state)
    }
    assert other["uid"] == (b"ada", b"zoe")


def test_the_version_of_an_entry() -> None:
    """The server's own count, never a time of day."""
    csn = b"20260101000000.000000Z#000000#000#000000"
    entry = stored(User, ("entryCSN", [csn]), ("modifyTimestamp", [b"x"]))
    assert diff.version(entry._state) == ("entryCSN", csn)
    directory = stored(User, ("uSNChanged", [b"5"]))
    assert diff.version(directory._state) == ("uSNChanged", b"5")
    assert diff.version(stored(User, ("modifyTimestamp", [b"x"]))._state) is None


# --- renames ---------------------------------------------------------------------------


def test_assigning_the_naming_attribute_renames() -> None:
    """ModifyDN carries the value; the Modify says the rest."""
    entry = stored(User, ("uid", [b"ada", b"a2"]), ("sn", [b"x"]), dn="uid=ada,dc=x")
    entry.uid = ["grace", "a2"]
    entry.sn = ["y"]
    assert naming.rdn_change(entry._state) == "uid=grace"
    assert sent(entry) == (Delete("sn", b"x"), Add("sn", b"y"))
    assert entry.state is State.renaming


def test_a_naming_value_that_stays_renames_nothing() -> None:
    """Other values of the attribute may come and go."""
    entry = stored(User, ("uid", [b"Ada", b"b"]), dn="uid=ada,dc=x")
    entry.uid.append("c")
    entry.uid.remove("b")
    assert naming.rdn_change(entry._state) is None
    assert sent(entry) == (Delete("uid", b"b"), Add("uid", b"c"))


def test_the_spelling_of_a_naming_value_is_changed_by_a_rename() -> None:
    """A Modify may not take the value away."""
    entry = stored(User, ("uid", [b"ada"]), dn="uid=ada,dc=x")
    entry.uid = ["Ada"]
    assert naming.rdn_change(entry._state) == "uid=Ada"
    assert sent(entry) == ()


def test_one_part_of_a_multi_valued_rdn() -> None:
    """The other part stays, escaped where it must be."""
    entry = stored(User, ("uid", [b"a"]), ("cn", [b"x, y"]), dn="cn=x\\, y+uid=a,dc=x")
    entry.uid = ["b+c"]
    assert naming.rdn_change(entry._state) == "cn=x\\, y+uid=b\\+c"


def test_an_explicit_rdn_is_counted_in() -> None:
    """The old naming value goes and the new one comes with the ModifyDN."""
    entry = stored(User, ("cn", [b"a", b"z"]), ("uid", [b"u"]), dn="cn=a,dc=x")
    entry.cn = ["z"]
    entry._state.new_rdn = "uid=v"
    entry.uid.append("v")
    assert naming.rdn_change(entry._state) == "uid=v"
    assert sent(entry) == ()
    entry._state.settle("uid=v,dc=x")
    assert str(entry.dn) == "uid=v,dc=x"
    assert entry.raw["uid"] == [b"u", b"v"]
    assert entry.raw["cn"] == [b"z"]


def test_a_rename_that_is_done_leaves_the_rest() -> None:
    """When its Modify fails, the Modify is still to be sent."""
    entry = stored(User, ("uid", [b"a"]), ("sn", [b"x"]), dn="uid=a,dc=x")
    entry.uid = ["b"]
    entry.sn = ["y"]
    entry._state.renamed("uid=b,dc=x")
    assert naming.rdn_change(entry._state) is None
    assert sent(entry) == (Delete("sn", b"x"), Add("sn", b"y"))
    assert str(entry.dn) == "uid=b,dc=x"
    assert entry.state is State.changed


# --- size and memory -------------------------------------------------------------------


def big_group(size: int) -> tuple[GroupOfNames, Holding]:
    """A group of so many members, as a session would have read it."""
    members = [f"uid=u{i:05},ou=people,dc=example,dc=com".encode() for i in range(size)]
    unit = Holding()
    return stored(GroupOfNames, ("member", members), unit=unit), unit


def test_one_more_of_50000_members_is_one_value() -> None:
    """Nothing but the new one is encoded, let alone sent."""
    entry, _ = big_group(50_000)
    entry.member.append(DN.parse("uid=new,dc=x"))
    assert sent(entry) == (Add("member", b"uid=new,dc=x"),)
    del entry.member[25_000]
    del entry.member[0]
    start = time.process_time()
    changes = sent(entry)
    took = time.process_time() - start
    assert [len(change.values) for change in changes] == [2, 1]  # type: ignore[union-attr]  # Delete and Add
    # Quadratic pairing would take minutes.
    assert took < 5


def test_an_entry_that_is_only_read_goes_at_once() -> None:
    """No cycle keeps it; the collector has nothing to do."""
    entry = stored(User, ("mail", [b"a"]), ("cn", [b"b"]), unit=Holding())
    _ = entry.mail, entry.cn, entry.dn, entry.raw, entry.state, str(entry)
    gone, state = weakref.ref(entry), weakref.ref(entry._state)
    gc.disable()
    try:
        del entry, _
        assert gone() is None
        assert state() is None
    finally:
        gc.enable()


def test_a_change_to_an_entry_nobody_holds_is_kept() -> None:
    """The unit has the state, and the state has what was changed."""
    unit = Holding()
    stored(User, ("mail", [b"a"]), unit=unit).mail.append("b")
    stored(User, ("sn", [b"a"]), unit=unit).sn = ["c"]
    gc.collect()
    found = [diff.modifications(state) for state in unit.held]
    assert found == [(Add("mail", b"b"),), (Delete("sn", b"a"), Add("sn", b"c"))]
    first, second = (entry_of(state) for state in unit.held)
    assert isinstance(first, User)
    assert isinstance(second, User)
    assert (first.mail, second.sn) == (["a", "b"], ["c"])


def test_once_committed_nothing_keeps_it() -> None:
    """The cycle that a change makes goes with the change."""
    unit = Holding()
    entry = stored(User, ("mail", [b"a"]), unit=unit)
    entry.mail.append("b")
    entry.sn = ["c"]
    entry._state.settle(str(entry.dn))
    unit.held.clear()
    gone = weakref.ref(entry)
    gc.disable()
    try:
        del entry
        assert gone() is None
    finally:
        gc.enable()


def test_an_auxiliary_travels_with_its_attributes() -> None:
    """In one Modify, the class first."""
    classes = [b"top", b"person", b"inetOrgPerson"]
    entry = stored(InetOrgPerson, ("objectClass", classes), ("uid", [b"x"]))
    entry.extend(PosixAccount, uidNumber=5, gecos="x")
    assert sent(entry) == (
        Add("objectClass", b"posixAccount"),
        Add("uidNumber", b"5"),
        Add("gecos", b"x"),
    )


def test_values_have_the_last_word_about_a_rename() -> None:
    """An explicit RDN is out of date once its value is no longer there."""
    entry = stored(User, ("uid", [b"x"]), ("cn", [b"c"]), dn="cn=c,dc=x")
    entry._state.new_rdn = "uid=a"
    entry.uid = ["x", "a"]
    assert naming.rdn_change(entry._state) == "uid=a"
    entry.uid = ["x", "b"]
    assert naming.rdn_change(entry._state) == "uid=b"
    entry._state.new_rdn = "cn=c"
    assert naming.rdn_change(entry._state) is None
