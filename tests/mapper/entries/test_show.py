"""How entries are shown: to people, to Python, never with a secret."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from ldapom import DN, PostalAddress, Sid
from tests.mapper.models import GroupOfNames, Odd, User, read, user

NAMES = {
    "DN": DN,
    "GroupOfNames": GroupOfNames,
    "Odd": Odd,
    "PostalAddress": PostalAddress,
    "Sid": Sid,
    "UUID": UUID,
    "User": User,
    "datetime": dt,
}


def test_text_is_aligned() -> None:
    """The DN, then the attributes; further values under the first."""
    entry = read(
        User,
        ("uid", [b"ada"]),
        ("uidNumber", [b"5"]),
        ("mail", [b"a@b", b"c@d"]),
        ("userPassword", [b"hunter2"]),
        ("employeeType", [b"x"]),
        dn="uid=ada,dc=x",
    )
    assert str(entry).splitlines() == [
        "DN: uid=ada,dc=x",
        "    userPassword: <7 bytes hidden>",
        "    uid:          ada",
        "    mail:         a@b",
        "                  c@d",
        "    uidNumber:    5",
        "    employeeType: x",
    ]


def test_a_terminal_gets_no_control_characters() -> None:
    """Escape sequences, newlines and bidirectional marks are shown escaped."""
    entry = read(
        User,
        ("cn", [b"\x1b[31mred", "a\u202eb".encode(), b"two\nlines"]),
        ("mail", [b"\xff\x1b"]),
        ("other", [b"\x1b]0;x"]),
        dn="cn=\x1b[2J",
    )
    text = str(entry)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert r"two\nlines" in text
    assert r"\x1b[31mred" in text


def test_binary_values_are_cut() -> None:
    """A photograph is its beginning and its size."""
    text = str(read(User, ("jpegPhoto", [b"\xff\xd8" * 500])))
    assert "(1000 bytes)" in text
    assert len(text) < 300


def test_what_does_not_decode_is_shown_raw() -> None:
    """Text for people never raises."""
    entry = read(User, ("uidNumber", [b"five"]), ("cn", [b"caf\xe9"]))
    assert "five" in str(entry)
    assert r"caf\xe9" in str(entry)
    assert repr(entry) == "User(dn='uid=x,dc=example,dc=com')"


def test_a_new_entry_shows_the_name_it_will_have() -> None:
    """Or that it has none yet."""
    assert str(user()).startswith("DN: uid=ada,ou=people,dc=example,dc=com\n")
    assert str(GroupOfNames(cn=["x"], member=[])).startswith("DN: (none yet)\n")


def test_the_repr_makes_the_entry_anew() -> None:
    """All but secrets and what only the server writes."""
    entry = user(
        mail=["a'b@example.com"],
        manager=[DN.parse(r"cn=Whalen\, Sean")],
        postalAddress=[PostalAddress(["1 Main St.", "Town"])],
        jpegPhoto=[b"\xff"],
        gecos='"',
        dn=r"cn=a\,b",
    )
    again = eval(repr(entry), dict(NAMES))
    assert repr(again) == repr(entry)
    assert str(again) == str(entry)
    odd = Odd(since=dt.datetime(2024, 1, 1, tzinfo=dt.UTC), active=False)
    assert repr(eval(repr(odd), dict(NAMES))) == repr(odd)
    assert "active=False" in repr(odd)


def test_the_repr_of_a_read_entry_has_what_was_loaded() -> None:
    """With its DN."""
    entry = read(
        GroupOfNames, ("cn", [b"x"]), ("member", [b"cn=foo\\?,dc=base"]), dn="cn=x"
    )
    again = eval(repr(entry), dict(NAMES))
    assert (again.cn, again.member, again.dn) == (entry.cn, entry.member, entry.dn)


def test_no_secret_anywhere() -> None:
    """Neither of a new entry nor of one that was read."""
    for entry in (
        user(userPassword=[b"hunter2"]),
        read(User, ("userPassword", [b"hunter2"]), ("unicodePwd", [b"hunter2"])),
    ):
        assert "hunter2" not in str(entry)
        assert "hunter2" not in repr(entry)
