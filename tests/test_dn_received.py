"""A name that a server sent is judged when somebody asks, and not before."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from ldapom import dn
from ldapom._dn_match import _remembered
from ldapom._dn_text import after_first_rdn
from ldapom.dn import DN
from ldapom.errors import DNSyntaxError

if TYPE_CHECKING:
    from collections.abc import Callable

#: Texts of which about a half are names.
MAYBE_NAMES = st.one_of(
    st.text('cn=x,+ \\#";2.0', max_size=12),
    st.lists(
        st.builds(
            "{}{} = {}".format,
            st.sampled_from(["", " ", "OID.", " oid."]),
            st.sampled_from(["cn", "CN", "2.5.4.3", "2.5.4.35", "x-Y", "OID"]),
            st.text("aA =ß.", max_size=5),
        )
    ).map(",".join),
    st.sampled_from(["", "  ", "cn=x", "CN = x ;dc=y", "<GUID=1>;cn=x", "cn=\udce9"]),
)


@given(
    MAYBE_NAMES,
    st.permutations(["opaque", "rdns", "parent", "key", "bool", "len", "repr"]),
)
def test_what_a_server_sends_is_judged_when_it_is_asked(
    text: str, questions: list[str]
) -> None:
    """Whatever is asked first: the answer is that of a name judged at once."""
    try:
        judged = DN.parse(text)
    except DNSyntaxError:
        judged = DN.opaque(text)
    ask: dict[str, Callable[[DN], object]] = {
        "opaque": lambda name: name.is_opaque,
        "rdns": lambda name: (name.rdns, name.rdn),
        "parent": lambda name: (name.parent, str(name.parent)),
        "key": lambda name: (name.key, hash(name)),
        "bool": bool,
        "len": len,
        "repr": lambda name: (repr(name), str(name)),
    }
    name = DN.from_server(text)
    for question in questions:
        assert ask[question](name) == ask[question](judged)
    if not judged.is_opaque:
        assert name.key == tuple(rdn.key for rdn in judged.rdns)
        parent = DN.from_server(text).parent
        assert (parent is None) == (not judged.rdns)
        if parent is not None:
            assert parent.rdns == judged.rdns[1:]
            assert str(parent) == after_first_rdn(text)
    for other in (DN.from_server(text), DN(name._rdns, text=text, is_opaque=None)):
        assert other == judged
        assert pickle.loads(pickle.dumps(other)) == judged
        assert copy.deepcopy(other) == other


def test_long_names_are_not_remembered() -> None:
    """A server that sends ever new names, of any length, fills no memory."""
    above = f"ou={'x' * 2000}"
    name = DN.from_server(f"cn=a,{above},{'y' * 2000}=b")
    known, types = dn._known_key.cache_info(), _remembered.cache_info()
    assert name.key == tuple(rdn.key for rdn in DN.from_server(str(name)).rdns)
    assert name.is_under(f"{'Y' * 2000}=b")
    assert dn._known_key.cache_info() == known
    # "cn" and "ou", but neither spelling of the long one.
    assert _remembered.cache_info().misses - types.misses <= 2
    assert name.parent == DN.parse(f"{above.upper()},{'y' * 2000}=b")
