"""What the queries of models take where somebody says the type of an attribute."""

from __future__ import annotations

import pytest

from ldapom.schema import Schema
from ldapom.schema.codegen import merged
from tests.schema.codegen.support import asks, generated

USER = "User=inetOrgPerson+posixAccount@ou=people,dc=example,dc=com:uid"
GROUP = "Group=groupOfNames@ou=groups,dc=example,dc=com"
NEW = generated(Schema.standard(), asks(USER, GROUP))


def with_own(declaration: str) -> str:
    """The module with an attribute of inetOrgPerson as somebody wants it."""
    name = declaration.partition(":")[0]
    head, mark, body = NEW.partition("class InetOrgPerson(")
    start = body.index(f"    {name}: ")
    end = body.index("\n    ", body.index("attribute(", start))
    if body[end:].startswith("\n        "):
        end = body.index("\n    )", end) + len("\n    )")
    return f"{head}{mark}{body[:start]}    {declaration}{body[end:]}"


@pytest.mark.parametrize(
    ("declaration", "key"),
    [
        (
            'initials: Attr[Literal["de", "en"] | None] = attribute("initials")',
            'initials: Literal["de", "en"]',
        ),
        ('mail: Many[Address] = attribute("mail", default=())', "mail: Address"),
        (
            'initials: Many[None | Short | int] = attribute("initials", default=())',
            "initials: Short | int",
        ),
    ],
)
def test_a_keyword_has_the_type_of_its_attribute(declaration: str, key: str) -> None:
    """It stays so, and becomes the schema's again when the attribute does."""
    text = merged(with_own(f"{declaration}  # keep"), NEW)

    assert f"    {declaration}  # keep\n" in text
    assert text.count(f"    {key}\n") == 1
    assert merged(text, NEW) == text
    assert merged(text.replace("  # keep", ""), NEW) == NEW


def test_it_is_that_of_the_models_own_class() -> None:
    """A class of the same attribute that is no base of the model says nothing."""
    own = 'description: Many[Note] = attribute("description", default=())  # keep'
    head, mark, body = NEW.partition("class GroupOfNames(")
    start = body.index("    description: ")
    old = head + mark + body[:start] + f"    {own}" + body[body.index("\n", start) :]

    text = merged(old, NEW)

    user, group = (text.index(f"class {name}Query(") for name in ("User", "Group"))
    assert "    description: str\n" in text[user : text.index("class User(")]
    assert "    description: Note\n" in text[group:]


def test_a_keyword_that_stays_itself() -> None:
    """What somebody wrote for the keyword counts more."""
    own = with_own('mail: Many[Address] = attribute("mail", default=())  # keep')
    old = own.replace("    mail: str\n", "    mail: Address | str  # keep\n")
    assert merged(old, NEW) == old
