"""Fuzzes filter text: it parses to a filter that reads back equal, or is refused."""

from __future__ import annotations

from harness import run

from ldapom.errors import FilterSyntaxError
from ldapom.filters import Filter

#: The one thing a text that is no filter may raise.
ALLOWED = (FilterSyntaxError,)

SEEDS = [
    b"(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))",
    b"(!(cn=Tim Howes))",
    b"(o=univ*of*mich*)",
    b"(sn:dn:2.4.6.8.10:=Barney Rubble)",
    b"(:DN:2.4.6.8.10:=Dino)",
    rb"(cn=*\2A*)",
    rb"(sn=Lu\c4\8di\c4\87)",
    b"(member;range=0-*=*)",
    b"(&)(|)",
    b" (& (a>=b)\n (c<=d)(e~=f) )",
    b"(!" * 101,
]


def target(data: bytes) -> None:
    """Check one text, without and with values for its ``?``."""
    text = data.decode("utf-8", "surrogateescape")
    node = Filter.parse(text)
    again = Filter.parse(str(node))
    assert again == node
    assert hash(again) == hash(node)
    assert str(again) == str(node)
    assert repr(again) == repr(node)
    marks = text.count("?")
    if marks:
        filled = Filter.parse(text, *[b"*)(\0\xff"] * marks)
        assert Filter.parse(str(filled)) == filled


if __name__ == "__main__":
    run(target, ALLOWED, SEEDS)
