"""What people add to the first lines of generated classes, and to their keywords."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldapom.errors import SchemaError
from ldapom.schema import Schema
from ldapom.schema.codegen import merged
from ldapom.schema.codegen.compare import is_same
from tests.schema.codegen.support import asks, generated, imported

USER = "User=inetOrgPerson+posixAccount@ou=people,dc=example,dc=com:uid"
GROUP = "Group=groupOfNames@ou=groups,dc=example,dc=com"
STANDARD = Schema.standard()
NEW = generated(STANDARD, asks(USER))
BOTH = generated(STANDARD, asks(USER, GROUP))
BARE = generated(STANDARD, asks("User=inetOrgPerson:uid"))

HEAD = 'class User(InetOrgPerson, PosixAccount, base="ou=people,dc=example,dc=com", rdn="uid"):'
AUDITED = '''class Audited(Auxiliary, object_class="audited"):
    """Of mine."""

    auditor: Attr[str | None] = attribute("auditor", default=None)


'''


def edited(old: str, *changes: tuple[str, str]) -> str:
    """Change a module by hand; each place is there."""
    for here, there in changes:
        assert here in old
        old = old.replace(here, there, 1)
    return old


def again(old: str, new: str) -> str:
    """Generate anew, twice: the second time changes nothing."""
    text = merged(old, new)
    assert merged(text, new) == text
    assert is_same(text, merged(text, new))
    return text


def line(text: str, name: str) -> str:
    """Give the first lines of a class in one."""
    return " ".join(text[text.index(f"class {name}(") :].partition(":\n")[0].split())


# --- bases -----------------------------------------------------------------------------


def test_a_base_and_an_argument_stay() -> None:
    """As a user writes them: with an import, and a class that stands above."""
    with_both = f"{HEAD.replace('(', '(Audited, ', 1)[:-2]}, converters=TABLE):"
    old = edited(
        BOTH,
        (
            HEAD,
            f"{AUDITED}TABLE = Converters({{}})\n\n\n{with_both}",
        ),
        ("    Auxiliary,\n", "    Auxiliary,\n    Converters,\n"),
    )

    for new in (BOTH, NEW, BARE):
        module = imported(again(old, new))
        assert module.User.__mro__[1] is module.Audited
        assert module.User.__ldapom__.converters is module.TABLE
        assert module.User.__ldapom__.attributes["auditor"].ldap_name == "auditor"
    assert line(again(old, NEW), "User") == (
        "class User( Audited, InetOrgPerson, PosixAccount, "
        'base="ou=people,dc=example,dc=com", rdn="uid", converters=TABLE, )'
    )
    assert "posixAccount" not in again(old, BARE)


@pytest.mark.parametrize(
    ("bases", "expected"),
    [
        ("Mine, InetOrgPerson, PosixAccount", "Mine, InetOrgPerson, PosixAccount"),
        ("InetOrgPerson, Mine, PosixAccount", "InetOrgPerson, Mine, PosixAccount"),
        ("InetOrgPerson, PosixAccount, Mine", "InetOrgPerson, PosixAccount, Mine"),
        ("Mine", "InetOrgPerson, PosixAccount, Mine"),
        ("PosixAccount, Mine, InetOrgPerson", "Mine, InetOrgPerson, PosixAccount"),
        ("a.Mine, InetOrgPerson, *more", "a.Mine, InetOrgPerson, PosixAccount, *more"),
        ("Mine[int], InetOrgPerson", "Mine[int], InetOrgPerson, PosixAccount"),
    ],
)
def test_the_places_of_bases(bases: str, expected: str) -> None:
    """In front of the generated base that they stood before, else at the end."""
    names = "from app import Mine, a, more\n\n"
    old = edited(NEW, ("InetOrgPerson, PosixAccount,", f"{bases},"))
    old = edited(old, ("from ldapom", f"{names}from ldapom"))

    assert line(again(old, NEW), "User").startswith(f"class User( {expected}, base=")


def test_where_a_base_is_generated_no_longer() -> None:
    """What was generated goes, what was added stays, whichever class it is."""
    old = edited(
        BOTH, (HEAD, HEAD.replace("PosixAccount,", "PosixAccount, GroupOfNames,"))
    )

    assert "InetOrgPerson, GroupOfNames, rdn=" in line(again(old, BARE), "User")
    assert "class GroupOfNames(Entry" in again(old, BARE)
    assert "class Group(" not in again(old, BARE)
    assert again(BOTH, BARE) == BARE


def test_a_base_that_takes_the_place_of_a_generated_one() -> None:
    """A class derived from a base is enough; the base is not written beside it."""
    mine = "class Mine(InetOrgPerson):\n    zone = 1\n\n\n"
    old = edited(NEW, (HEAD, mine + HEAD.replace("(InetOrgPerson", "(Mine")))

    text = again(old, BOTH)

    assert line(text, "User").startswith("class User(Mine, PosixAccount, base=")
    assert imported(text).User.zone == 1


def test_bases_that_contradict_each_other() -> None:
    """Nothing is written, and the reason is said."""
    mine = "class Mine(PosixAccount):\n    pass\n\n\n"
    head = HEAD.replace(
        "(InetOrgPerson, PosixAccount", "(InetOrgPerson, PosixAccount, Mine"
    )
    old = edited(NEW, (HEAD, mine + head))

    with pytest.raises(SchemaError, match=r"class User can not have the bases .*Mine"):
        merged(old, NEW)


def test_a_base_that_is_not_there() -> None:
    """A class without its base can not be made."""
    old = edited(NEW, ("(InetOrgPerson, Posix", "(Nobody, InetOrgPerson, Posix"))

    with pytest.raises(SchemaError, match="class User has the base Nobody, which does"):
        merged(old, NEW)


def test_a_base_of_which_nobody_knows() -> None:
    """Where the schema changed, a base of its classes may have been the generator's."""
    here = 'class GroupOfNames(Entry, object_class="groupOfNames"):'
    head = here.replace("(Entry", "(PosixAccount, Entry")
    old = edited(BOTH, (here, head))

    assert "PosixAccount, Entry" in line(again(old, BOTH), "GroupOfNames")
    with pytest.raises(SchemaError, match="write # keep behind that line if it"):
        merged(old, generated(STANDARD, asks(GROUP)))
    text = again(old.replace(head, f"{head}  # keep"), generated(STANDARD, asks(GROUP)))
    assert f"{head}  # keep" in text
    assert "class PosixAccount(" in text
    imported(text)


# --- arguments -------------------------------------------------------------------------


def test_what_the_settings_say_is_written_as_they_say_it() -> None:
    """A base DN changed by hand is the settings' business, unless it is marked."""
    changed = HEAD.replace("ou=people", "ou=staff").replace('"uid"', '"cn"')

    assert again(edited(NEW, (HEAD, changed)), NEW) == NEW
    marked = again(edited(NEW, (HEAD, f"{changed}  # keep: staff")), BOTH)
    assert f"{changed}  # keep: staff\n" in marked
    where = imported(marked).User.__ldapom__
    assert (where.base, where.rdn) == ("ou=staff,dc=example,dc=com", ("cn",))


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ('object_class="person"', 'object_class="person", base="ou=x", rdn="cn"'),
        ("TypedDict, total=False", "TypedDict, total=False, **MORE"),
        ("TypedDict, total=False", "Common, TypedDict, total=False"),
        ('rdn="uid"', 'rdn="uid", **MORE'),
        ('rdn="uid"', 'rdn="uid",\n    label=f(\n        # in it\n    "a")'),
    ],
)
def test_arguments(here: str, there: str) -> None:
    """Those that the generator does not write stay, with the comments in them."""
    text = again(edited(f"MORE = Common = f = 1\n{NEW}", (here, there)), NEW)

    assert there in text
    assert text.count("# in it") == there.count("# in it")


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ('object_class="person"', 'object_class="human"'),
        ("total=False", "total=True"),
        ("(Entry, object", "(object"),
    ],
)
def test_the_arguments_of_the_generator(here: str, there: str) -> None:
    """They are written anew."""
    assert again(edited(NEW, (here, there)), NEW) == NEW


def test_a_base_dn_by_hand_where_the_settings_say_none() -> None:
    """It stays; one that the settings said before goes with them."""
    old = edited(BARE, ('rdn="uid"', 'base="ou=mine", rdn="uid"'))

    assert 'base="ou=mine"' in line(again(old, BARE), "User")
    assert "base=" not in line(again(NEW, BARE), "User")


def test_classes_that_are_generated_no_longer() -> None:
    """One with a base or an argument of somebody's stays, with what it needs."""
    for here, there in [
        ("(GroupOfNames,", "(Mixin, GroupOfNames,"),
        ("(GroupOfNames,", "(GroupOfNames, PosixAccount,"),
        ('rdn="cn")', 'rdn="cn", converters=None)'),
    ]:
        text = again(edited(f"class Mixin: ...\n{BOTH}", (here, there)), NEW)
        assert there in text
        assert "class GroupOfNames(Entry" in text
        imported(text)


def test_decorators_stand_above_their_classes() -> None:
    """What a decorator and a constant come from stands above the class that needs it."""
    mine = "LIMIT = 4\n\n\ndef loud(cls: type) -> type:\n    return cls\n\n\n@loud\n"
    old = edited(NEW, (HEAD, mine + HEAD)) + "\n    limit = LIMIT\n"

    assert imported(again(old, BOTH)).User.limit == 4


# --- keywords of queries ---------------------------------------------------------------


def test_keys_stay() -> None:
    """A key that no attribute of the model has is somebody's, with its type's import."""
    key = "    lastSeen: datetime\n"
    old = edited(
        BOTH,
        ("    uidNumber: int\n", f"    uidNumber: int\n{key}    # the next one\n"),
        ("from typing", "from datetime import datetime\nfrom typing"),
    )

    for new in (BOTH, NEW, BARE):
        text = again(old, new)
        body = text[text.index("class UserQuery") : text.index("class User(")]
        assert key in body
        assert "from datetime import datetime\n" in text
        assert ("uidNumber: int" in body) is (new is not BARE)
        imported(text)


def test_keys_of_attributes_that_stay() -> None:
    """The key of an attribute that is somebody's stays with it."""
    mine = '    nick: Attr[str] = attribute("nick", must=True)  # keep\n'
    old = edited(
        NEW,
        ("    uid: Many[str] = attribute(", f"{mine}    uid: Many[str] = attribute("),
        ("    l: str\n", "    l: str\n    nick: str\n"),
    )

    text = again(old, BOTH)

    assert mine in text
    assert "    nick: str\n" in text


def test_changed_keys() -> None:
    """The type of a generated key is the generator's, unless it is marked."""
    old = edited(
        NEW,
        ("    l: str\n", "    l: str | int\n"),
        ("    st: str", "    st: X  # keep"),
    )

    text = again(old, NEW)

    assert "    l: str\n" in text
    assert "    st: X  # keep\n" in text
    assert "st: str" not in text


# --- lines with several statements -----------------------------------------------------


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ('l: Many[str] = attribute("l", default=())', "{}; mine = 1"),
        ('l: Many[str] = attribute("l", default=())', "{}; mine: int = 1; mine2 = 2"),
        (
            'l: Many[str] = attribute("l", default=())',
            "mine3 = 0; {}; mine = (\n    1)",
        ),
        ('l: Many[str] = attribute("l", default=())', "{};  # c\n    mine = 1"),
        ('l: Many[str] = attribute("l", default=())', "{}; \\\n  mine = 1"),
        ('"""Family name. Also called surname."""', "{}; mine = 1"),
        ("    l: str", "{}; mine: bytes"),
        ("from __future__ import annotations", "{}; import mine"),
        ("from __future__ import annotations", "{}; mine = 1"),
    ],
)
def test_what_stands_behind_a_semicolon(here: str, there: str) -> None:
    """It stays, and gets a line of its own."""
    text = again(edited(NEW, (here, there.format(here))), NEW)

    ast.parse(text)
    for word in ("mine", "mine2", "mine3"):
        assert text.count(word) == there.count(word)
    assert text.count(here.strip()) == NEW.count(here.strip())


def test_keep_behind_several_statements() -> None:
    """The comment is about the whole line."""
    here = 'uidNumber: Attr[int] = attribute("uidNumber", must=True)'
    there = here.replace("int", "float") + "; y = 1  # keep"

    text = again(edited(NEW, (here, there)), NEW)

    assert 'uidNumber: Attr[float] = attribute("uidNumber", must=True)  # keep' in text
    assert "    y = 1  # keep" in text


def test_a_class_on_one_line() -> None:
    """What stands behind the colon of a class is in the class."""
    old = edited(
        NEW,
        (
            NEW[NEW.index("class UserQuery") : NEW.index(HEAD)],
            "class UserQuery(TypedDict, total=False): uid: str; mine: int\n\n\n",
        ),
    )

    assert "    mine: int\n" in again(old, NEW)


def test_a_query_with_something_beside() -> None:
    """What else is said to type checkers stays, and nothing is said twice."""
    more = "    if TYPE_CHECKING:\n\n        def more(self) -> int: ...\n"
    old = edited(NEW, ("    if TYPE_CHECKING:\n", more))
    both = edited(NEW + "    else:\n        mine = 1\n")

    text = again(old, NEW)

    assert text.count("def query(") == 1
    assert "def more(self)" in text
    assert imported(again(both, NEW)).User.mine == 1


def test_names_for_others_stay() -> None:
    """What somebody imports to be imported from here stays; the generator's goes."""
    old = edited(
        NEW, ("    Query,\n", "    Query,\n    Session,\n    Sid,\n    DN as Name,\n")
    )

    text = again(old, NEW)

    assert "    Session,\n" in text
    assert "from ldapom import DN as Name\n" in text
    assert "Sid" not in text


# --- all of it at once -----------------------------------------------------------------

#: What somebody writes, by hand, and what must be there then, white space apart.
_EDITS = [
    (HEAD, f"a1 = 5\n\n\n{HEAD[:-2]}, k1=a1):", ["a1=5", "k1=a1"]),
    (
        'class Person(Entry, object_class="person"):',
        'class A2:\n    pass\n\n\nclass Person(A2, Entry, object_class="person"):',
        ["classA2:pass", "classPerson(A2,Entry,"],
    ),
    ("    pager: str\n", "    pager: str\n    a3: list[int]\n", ["a3:list[int]"]),
    ('"roomNumber", default=())', '"roomNumber", default=()); a4 = 1', ["a4=1"]),
    ('"""Number of a user."""', '"""Number of a user."""; a5 = 2', ["a5=2"]),
    ("PosixAccount, base", "PosixAccount, A6, base", ["PosixAccount,A6,"]),
    ("class UserQuery(", "@a7\nclass UserQuery(", ["@a7classUserQuery"]),
    ("    cn: Many[str]", "    # a8\n    cn: Many[str]", ["#a8cn:Many"]),
    (
        "(OrganizationalPerson, ",
        "(\n    # a9\n    OrganizationalPerson, ",
        ["#a9class"],
    ),
    ("    if TYPE", "    def a10(self): ...\n\n    if TYPE", ["defa10(self):..."]),
    (
        "class InetOrgPerson(",
        "class A11(Person):\n    pass\n\n\nclass InetOrgPerson(A11, ",
        ["classA11(Person):pass", "InetOrgPerson(A11,"],
    ),
    (
        "from ldapom import (",
        "from app import a12\nfrom ldapom import (",
        ["importa12"],
    ),
    ('"posixAccount"):', '"posixAccount", a13={"x": (1,)}):', ['a13={"x":(1,)})']),
    ("(TypedDict,", "(A14, TypedDict,", ["(A14,TypedDict,"]),
    ("    l: str\n", "    l: str; a15: bytes; a16: int\n", ["a15:bytes", "a16:int"]),
    ("    sn: Many", '    a17 = "ä"; sn: Many', ['a17="ä"']),
    ("class PosixAccount(", "class PosixAccount(\n    # a18\n    ", ["#a18class"]),
]
_HEADER = "from app import A6, A14, a7\n"


@settings(max_examples=150, deadline=None)
@given(
    st.sets(st.sampled_from(range(len(_EDITS)))),
    st.sampled_from([0, 1]),
    st.sampled_from([0, 1]),
    st.booleans(),
)
def test_nothing_is_lost(
    edits: set[int], before: int, after: int, is_marked: bool
) -> None:
    """Whatever somebody changed is there after generating, and is there once."""
    modules = (NEW, BOTH)
    text = modules[before].replace("from typing", f"{_HEADER}from typing", 1)
    wanted: list[str] = []
    for here, there, words in map(_EDITS.__getitem__, sorted(edits)):
        if here in text:
            text = text.replace(here, there, 1)
            wanted += words
    if is_marked:
        text = text.replace("):\n", "):  # keep\n")

    once = again(text, modules[after])

    ast.parse(once)
    flat = "".join(once.replace(",\n)", ")").split()).replace("#keep", "")
    for word in wanted:
        if is_marked and word.startswith("#") and word.endswith("class"):
            word = word.removesuffix("class")  # noqa: PLW2901  # it stays in its place
        assert flat.count(word) == 1, word


@settings(max_examples=60, deadline=None)
@given(*[st.tuples(*[st.sets(st.integers(0, 3), max_size=3)] * 2)] * 2)
def test_untouched_files_of_all_sorts(
    before: tuple[set[int], set[int]], after: tuple[set[int], set[int]]
) -> None:
    """Whatever was asked for before: a file that nobody touched is generated anew."""
    models = (USER, GROUP, "Host=device+ipHost:cn", "Unit=organizationalUnit")
    classes = ("posixAccount", "inetOrgPerson", "organizationalPerson", "shadowAccount")
    old, new = (
        generated(
            STANDARD,
            asks(
                *(models[n] for n in one), classes=[classes[n] for n in two] or ["top"]
            ),
        )
        for one, two in (before, after)
    )

    assert merged(old, new) == new
