"""The one-line spelling of a model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom.errors import SchemaError
from ldapom.schema.codegen import Asks, ModelAsk, Naming


@pytest.mark.parametrize(
    ("spelled", "ask"),
    [
        ("U=person", ModelAsk("U", ("person",))),
        ("U=person:cn", ModelAsk("U", ("person",), None, "cn")),
        ("U=person@dc=x", ModelAsk("U", ("person",), "dc=x")),
        ("U=a+b@ou=p,dc=x:uid", ModelAsk("U", ("a", "b"), "ou=p,dc=x", "uid")),
        ("U=a@cn=x+sn=y@z,dc=x:uid", ModelAsk("U", ("a",), "cn=x+sn=y@z,dc=x", "uid")),
        ("U=a@cn=b:c,dc=x", ModelAsk("U", ("a",), "cn=b:c,dc=x")),
        ("U=a@cn=b:c,dc=x:uid", ModelAsk("U", ("a",), "cn=b:c,dc=x", "uid")),
        ("U=a@dc=a:b:", ModelAsk("U", ("a",), "dc=a:b")),
        (r"U=a@dc=a\3Ab", ModelAsk("U", ("a",), r"dc=a\3Ab")),
        (r"U=a@ou=a\,b\+c,dc=x:cn", ModelAsk("U", ("a",), r"ou=a\,b\+c,dc=x", "cn")),
        ("U=a@dc=x:uid+cn", ModelAsk("U", ("a",), "dc=x", "uid+cn")),
        ("U=2.5.6.6@dc=x:2.5.4.3", ModelAsk("U", ("2.5.6.6",), "dc=x", "2.5.4.3")),
        (" U = a + b @dc=x", ModelAsk("U", ("a", "b"), "dc=x")),
        ("U=a@:uid", ModelAsk("U", ("a",), None, "uid")),
    ],
)
def test_parse(spelled: str, ask: ModelAsk) -> None:
    """Each part ends where the next one can only begin."""
    assert ModelAsk.parse(spelled) == ask


@pytest.mark.parametrize(
    ("spelled", "said"),
    [
        ("person", "there is no '='"),
        ("=person", "can not be the name"),
        ("class=person", "can not be the name"),
        ("Entry=person", "can not be the name"),
        ("U=", "a class name is missing"),
        ("U=a++b", "a class name is missing"),
        ("U=a b", "a class name is missing"),
        ("U=a@nonsense", "its base is no DN"),
        ("U=a@dc=x,,dc=y:cn", "its base is no DN"),
    ],
)
def test_refused(spelled: str, said: str) -> None:
    """What can be no model is refused with the grammar and an example."""
    with pytest.raises(SchemaError, match="NAME=class") as caught:
        ModelAsk.parse(spelled)

    assert said in str(caught.value)


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,5}", fullmatch=True)
BASES = st.none() | st.from_regex(
    r"ou=[a-z:@=+\\,]{0,4}x,dc=[a-z:]{1,3}", fullmatch=True
)


@given(st.lists(NAMES, min_size=1, max_size=3), BASES, st.none() | NAMES)
def test_spelling_round_trip(
    classes: list[str], base: str | None, rdn: str | None
) -> None:
    """What `str` writes reads back to an equal ask."""
    ask = ModelAsk("User", tuple(classes), base, rdn)
    try:
        ask.check("")
    except SchemaError:
        return

    assert ModelAsk.parse(str(ask)) == ask


def test_options_of_everything() -> None:
    """The options that ask for the same, defaults left out."""
    asked = Asks(
        (ModelAsk("U", ("a",)),), ("b",), Naming.snake_case, ("mail",), ("entryUUID",)
    )

    assert asked.options() == (
        ("--model", "U=a"),
        ("--class", "b"),
        ("--naming", "snake_case"),
        ("--single", "mail"),
        ("--operational", "entryUUID"),
    )
    assert Asks().options() == ()
