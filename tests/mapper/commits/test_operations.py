"""The order of operations: a server that takes them one by one must never refuse."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldapom import DN, ValidationError
from ldapom.mapper.commits.moves import Moves
from ldapom.mapper.commits.operations import (
    Operation,
    Step,
    arrange,
    new_name,
    remaining,
    renamed,
)
from ldapom.protocol.messages import (
    AddRequest,
    DelRequest,
    ModifyDNRequest,
    ModifyRequest,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def add(dn: str) -> Step:
    """An entry that comes into being."""
    name = DN.parse(dn)
    return Step("add", AddRequest(dn, ()), name, (), name)


def delete(dn: str) -> Step:
    """An entry that goes."""
    return Step("delete", DelRequest(dn), DN.parse(dn), ())


def modify(dn: str) -> Step:
    """An entry that is changed."""
    return Step("modify", ModifyRequest(dn, ()), DN.parse(dn), ())


def rename(dn: str, rdn: str, parent: str | None = None) -> Step:
    """An entry that gets another name."""
    name = DN.parse(dn)
    request = ModifyDNRequest(dn, rdn, new_superior=parent)
    return Step("rename", request, name, (), renamed(name, rdn, parent))


def order(*steps: Step) -> list[str]:
    """The operations as text."""
    return [str(operation) for operation in arrange(steps)]


def test_adds_renames_modifies_deletes() -> None:
    """In this order where nothing else decides, each kind as it was asked for."""
    assert order(
        delete("cn=d"), modify("cn=m2"), modify("cn=m1"), rename("cn=r", "cn=s"), add("cn=a")
    ) == ["add 'cn=a'", "rename 'cn=r'", "modify 'cn=m2'", "modify 'cn=m1'", "delete 'cn=d'"]  # fmt: skip


def test_parents_are_added_first_and_deleted_last() -> None:
    """Whatever the order in which they were asked for."""
    assert order(add("cn=c,cn=b,cn=a"), add("cn=b,cn=a"), add("CN=A")) == [
        "add 'CN=A'",
        "add 'cn=b,cn=a'",
        "add 'cn=c,cn=b,cn=a'",
    ]
    assert order(delete("cn=a"), delete("cn=b,CN=A"), delete("cn=c,cn=b,cn=a")) == [
        "delete 'cn=c,cn=b,cn=a'",
        "delete 'cn=b,CN=A'",
        "delete 'cn=a'",
    ]


def test_a_name_is_freed_before_it_is_needed() -> None:
    """By a delete, with what is below, or by a rename; also in a chain."""
    assert order(add("cn=a"), delete("cn=a"), delete("cn=b,cn=a")) == [
        "delete 'cn=b,cn=a'",
        "delete 'cn=a'",
        "add 'cn=a'",
    ]
    assert order(
        rename("cn=a", "cn=b"), rename("cn=b", "cn=c"), rename("cn=c", "cn=d")
    ) == ["rename 'cn=c'", "rename 'cn=b'", "rename 'cn=a'"]
    assert order(add("cn=a"), rename("cn=a", "cn=b")) == ["rename 'cn=a'", "add 'cn=a'"]


def test_names_in_a_circle() -> None:
    """There is no order; the finding names them."""
    with pytest.raises(
        ValidationError, match=r"'cn=a', 'cn=b' need each other's names"
    ):
        arrange([rename("cn=a", "cn=b"), rename("cn=b", "cn=a")])


def test_what_is_moved_out_goes_before_the_delete() -> None:
    """Even where the delete has to be early."""
    assert order(add("cn=a"), delete("cn=a"), rename("cn=x,cn=a", "cn=x", "cn=b")) == [
        "rename 'cn=x,cn=a'",
        "delete 'cn=a'",
        "add 'cn=a'",
    ]


def test_what_is_below_follows_a_rename() -> None:
    """Later requests say the new name, with the text of the rest as it was."""
    operations = arrange(
        [
            modify("uid=A\\2Cb,ou=x,dc=c"),
            delete("uid=d,ou=x,dc=c"),
            rename("ou=x,dc=c", "ou=y"),
            modify("ou=x,dc=c"),
        ]
    )
    assert [operation.dn for operation in operations] == [
        "ou=x,dc=c",
        "uid=A\\2Cb,ou=y,dc=c",
        "ou=y,dc=c",
        "uid=d,ou=y,dc=c",
    ]
    assert operations[1].request == ModifyRequest("uid=A\\2Cb,ou=y,dc=c", ())
    for operation in operations[1:]:
        assert operation.after == (operations[0],)


def test_adds_below_a_renamed_entry() -> None:
    """Below the old name before the rename, below the new name after it."""
    assert order(rename("ou=x", "ou=y"), add("cn=a,ou=x"), add("cn=b,ou=y")) == [
        "add 'cn=a,ou=x'",
        "rename 'ou=x'",
        "add 'cn=b,ou=y'",
    ]
    assert order(rename("cn=a", "cn=a", "ou=new"), add("ou=new")) == [
        "add 'ou=new'",
        "rename 'cn=a'",
    ]


def test_a_name_that_is_freed_and_taken_again() -> None:
    """What is added below it is below the new entry, and is not taken along."""
    operations = arrange(
        [
            add("cn=child,ou=x"),
            add("ou=x"),
            rename("ou=x", "ou=y"),
            modify("cn=old,ou=x"),
        ]
    )
    assert [str(operation) for operation in operations] == [
        "rename 'ou=x'",
        "add 'ou=x'",
        "add 'cn=child,ou=x'",
        "modify 'cn=old,ou=y'",
    ]


def test_what_depends_on_a_lost_operation() -> None:
    """Directly or not; the others are free."""
    operations = arrange(
        [
            add("cn=a"),
            add("cn=b,cn=a"),
            add("cn=c,cn=b,cn=a"),
            add("cn=z"),
            modify("cn=q"),
        ]
    )
    free, stuck = remaining(operations[1:], operations[:1])
    assert [operation.dn for operation in free] == ["cn=z", "cn=q"]
    assert [operation.dn for operation in stuck] == ["cn=b,cn=a", "cn=c,cn=b,cn=a"]


def test_an_opaque_name_is_only_itself() -> None:
    """It is below nothing, and nothing is below it."""
    odd = DN.from_server("<GUID=1>;cn=x")
    step = Step("delete", DelRequest(str(odd)), odd, ())
    assert [each.dn for each in arrange([step, modify("cn=x")])] == ["cn=x", str(odd)]


def test_new_names() -> None:
    """With and without another parent; at the root there is none."""
    assert new_name(ModifyDNRequest("cn=a,ou=b", "cn=c")) == DN.parse("cn=c,ou=b")
    assert new_name(ModifyDNRequest("cn=a,ou=b", "cn=a", True, "ou=d")) == DN.parse(
        "cn=a,ou=d"
    )
    assert new_name(ModifyDNRequest("cn=a", "cn=c")) == DN.parse("cn=c")


def test_an_operation_pickles_without_its_entries() -> None:
    """So that an error that holds it does."""
    (operation,) = arrange([modify("cn=a")])
    again = pickle.loads(pickle.dumps(operation))
    assert isinstance(again, Operation)
    assert (again.kind, again.dn, again.request) == (
        "modify",
        "cn=a",
        operation.request,
    )
    assert not again.states
    assert not again.entries


# --- any tree ------------------------------------------------------------------------

_NAMES = ("a", "b", "c")
_TREE = [
    ",".join(reversed([f"cn={name}" for name in path]))
    for one in _NAMES
    for path in [(one,), *((one, two) for two in _NAMES)]
]


class Model:
    """A directory of names that takes operations one by one, and knows who is who."""

    def __init__(self, names: Sequence[str]) -> None:
        self.entries = {DN.parse(name): name for name in names}

    def do(self, operation: Operation) -> None:
        """Carry it out, or fail as a server does."""
        dn, request = DN.parse(operation.dn), operation.request
        if isinstance(request, AddRequest):
            assert dn not in self.entries
            assert len(dn) == 1 or dn.parent in self.entries
            self.entries[dn] = f"new {operation.dn}"
        elif isinstance(request, DelRequest):
            assert not any(other.is_under(dn) for other in self.entries)
            del self.entries[dn]
        elif isinstance(request, ModifyDNRequest):
            self._rename(dn, new_name(request))
        else:
            self.entries[dn] += " modified"

    def _rename(self, old: DN, new: DN) -> None:
        assert old in self.entries
        assert new not in self.entries
        assert len(new) == 1 or new.parent in self.entries
        self.entries = {
            (DN((*dn.rdns[: len(dn) - len(old)], *new.rdns)) if dn.is_under(old, or_equal=True) else dn): who
            for dn, who in self.entries.items()
        }  # fmt: skip


@given(st.data())
def test_any_legal_wish_has_an_order(data: st.DataObject) -> None:
    """Deletes of whole trees, renames to free names, modifies, adds below them."""
    tops = data.draw(st.permutations(_NAMES))
    gone, moved, _stays = tops
    fresh = data.draw(st.sampled_from(["x", gone, moved]))
    target = data.draw(st.sampled_from(["y", gone]))
    steps = [delete(name) for name in _TREE if DN.parse(name).is_under(f"cn={gone}", or_equal=True)]  # fmt: skip
    steps.append(rename(f"cn={moved}", f"cn={target}"))
    steps += [
        modify(name)
        for name in _TREE
        if not DN.parse(name).is_under(f"cn={gone}", or_equal=True)
    ]
    if fresh != target:
        steps += [add(f"cn={fresh}"), add(f"cn=n,cn={fresh}")]
    directory = Model(_TREE)
    for operation in arrange(data.draw(st.permutations(steps))):
        directory.do(operation)
    held = directory.entries
    assert held[DN.parse(f"cn={target}")] == f"cn={moved} modified"
    assert held[DN.parse(f"cn=a,cn={target}")] == f"cn=a,cn={moved} modified"
    if fresh != target:
        assert held[DN.parse(f"cn=n,cn={fresh}")] == f"new cn=n,cn={fresh}"
    assert not any(
        who.endswith(f"cn={gone}") and "new" not in who for who in held.values()
    )


# --- moves ---------------------------------------------------------------------------


def test_moves_are_followed_in_their_order() -> None:
    """A name can be left, taken by another and left again."""
    moves: Moves[str] = Moves()
    a, b, c = (DN.parse(f"cn={name}") for name in "abc")
    moves.record(a, b, "first")
    moves.record(c, a, "second")
    moves.record(b, c, "third")
    assert moves.follow(a) == (c, ["first", "third"])
    assert moves.follow(c) == (a, ["second"])
    assert moves.follow(DN.parse("cn=x,cn=a")) == (
        DN.parse("cn=x,cn=c"),
        ["first", "third"],
    )
    assert moves.follow(a, since=2) == (a, [])
    assert moves.follow(b, since=3) == (b, [])
    assert len(moves) == 3
