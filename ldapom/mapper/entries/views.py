"""One entry seen as several classes, and auxiliary classes that come and go.

1. All views of an entry share its state and its values: an object of another class
   over the same ``__dict__``. So both classes must mean the same by a Python name.
2. A class is added with its superiors, and dropped with the attributes that no other
   class of the entry has.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ldapom.mapper import checked
from ldapom.mapper.classes.described import Described
from ldapom.mapper.classes.names import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.entries.entry import Entry
    from ldapom.mapper.entries.state import EntryState

A = TypeVar("A", bound="Entry")

#: The classes that an entry is seen as.
Models: TypeAlias = "tuple[type[Entry], ...]"


def seen_as(entry: Entry, cls: type[A]) -> A:
    """The entry as an object of another of its classes.

    Raises:
        ValueError: If the entry is not of the class.
        TypeError: If the classes disagree about an attribute.
    """
    missing = _missing(entry, checked.model(cls))
    if missing:
        raise ValueError(
            f"{entry._state.dn!r} is no {missing[-1]}; entry.extend({cls.__name__}, "
            "...) makes it one"
        )
    return _view(entry, cls)


def extend(entry: Entry, cls: type[A]) -> A:
    """Add a class to the entry, and give the view of it.

    Raises:
        TypeError: If the classes disagree about an attribute.
        ReadOnlyEntry: If the entry only reads.
    """
    state = entry._state
    state.may_change("objectClass")
    missing = _missing(entry, cls)
    whole = _is_known(state, entry.objectClass)
    view = _view(entry, cls)
    if missing:
        _set_classes(entry, [*entry.objectClass, *missing])
        if whole and state.loaded is not None:
            # No class of the entry had them, so it has none of them.
            state.loaded |= {one.key for one in _written(cls)}
    return view


def arguments(
    entry: Entry, cls: type[Entry], values: Mapping[str, object]
) -> Iterator[tuple[AnyAttribute, object]]:
    """The attributes that `extend` was given, each with its value.

    Raises:
        TypeError: If a keyword is no attribute of the class.
        ReadOnlyEntry: If the entry, or an attribute, only reads.
    """
    info = cls.__ldapom__
    for name, value in values.items():
        one = info.attributes.get(name)
        if one is None:
            raise TypeError(f"extend(): {info.unknown(name)}")
        one.refuse_read_only(entry._state)
        yield one, value


def drop(entry: Entry, cls: type[Entry]) -> None:
    """Take a class away, and its attributes that no other known class has.

    Raises:
        ValueError: If the entry is not of the class.
        ReadOnlyEntry: If the entry only reads.
    """
    state = entry._state
    state.may_change("objectClass")
    missing = _missing(entry, cls)
    own = cls.__ldapom__.object_class
    if missing or own is None:
        what = own or cls.__name__
        raise ValueError(f"{state.dn!r} can not drop {what}: it is none")
    view = _view(entry, cls)
    kept = [name for name in entry.objectClass if name.lower() != own.lower()]
    _set_classes(entry, kept)
    remaining = set(attributes_of(state.models, kept)) | {"objectclass"}
    # The name of the entry stays, whatever class its attribute is of.
    remaining |= {canonical(ava.type) for ava in state.name.rdn or ()}
    for one in _written(cls):
        if one.key not in remaining:
            delattr_(view, one)


def delattr_(view: Entry, one: AnyAttribute) -> None:
    """Leave an attribute without a value, unless it is known to have none."""
    state = view._state
    held = state.changes is not None and one.python_name in state.changes
    if held or not one.is_loaded(state) or state.collected().get(one.key):
        delattr(view, one.python_name)


def attributes_of(models: Models, classes: Iterable[str]) -> Mapping[str, bool]:
    """The keys of the attributes of these object classes, and whether each is a MUST.

    Args:
        models: The Python classes that there are.
        classes: Names of object classes.
    """
    return _attributes_of(models, frozenset(classes))


@lru_cache(maxsize=256)
def _attributes_of(models: Models, classes: frozenset[str]) -> Mapping[str, bool]:
    """The same; asked for each entry of a commit, and a matter of its classes."""
    names = _with_superiors(models, classes)
    found: dict[str, bool] = {}
    for owner in _owners(models):
        own = owner.__ldapom__.object_class
        if own is not None and own.lower() in names:
            for one in declared_in(owner):
                found[one.key] = found.get(one.key, False) or one.must
    return MappingProxyType(found)


def _with_superiors(models: Models, classes: Iterable[str]) -> set[str]:
    """These object classes and all above them, in lower case.

    Servers need not list the superiors of a class that was added without them.
    """
    names = {name.lower() for name in classes}
    for owner in _owners(models):
        info = owner.__ldapom__
        if info.object_class is not None and info.object_class.lower() in names:
            names |= {name.lower() for name in info.object_classes}
    return names


def declared_in(owner: type[Entry]) -> Iterator[AnyAttribute]:
    """The attributes that a class itself declares."""
    for value in vars(owner).values():
        if isinstance(value, Described):
            yield value  # type: ignore[misc]  # there are only Attr and Many


def _owners(models: Models) -> Iterator[type[Entry]]:
    """Every class that these are made from."""
    seen = dict.fromkeys(owner for cls in models for owner in cls.__mro__)
    return (owner for owner in seen if "__ldapom__" in vars(owner))


def _written(cls: type[Entry]) -> Iterator[AnyAttribute]:
    return (one for one in cls.__ldapom__.attributes.values() if not one.read_only)


def _missing(entry: Entry, cls: type[Entry]) -> list[str]:
    """The object classes of a class that the entry is not of."""
    have = _with_superiors(entry._state.models, entry.objectClass) | {"top"}
    own = cls.__ldapom__.object_class
    if own is not None and own.lower() in have:
        return []
    names = cls.__ldapom__.object_classes
    return [each for each in names if each.lower() not in have]


def _is_known(state: EntryState, classes: Iterable[str]) -> bool:
    known = {
        name.lower() for cls in state.models for name in cls.__ldapom__.object_classes
    }
    return all(name.lower() in known for name in classes)


def _set_classes(entry: Entry, names: list[str]) -> None:
    values = entry.objectClass
    attribute: Described[str] = type(entry).__ldapom__.attributes["objectClass"]  # type: ignore[assignment]  # Entry declares it
    entry._state.touch(attribute, values)
    values._refill(names)


def _view(entry: Entry, cls: type[A]) -> A:
    from ldapom.mapper.entries.entry import blank, set_dict, set_state

    if isinstance(entry, cls):
        return entry
    state = entry._state
    if cls not in state.models:
        _check_agreement(state, cls)
        state.further = (*state.further, cls)
    view = blank(cls)
    set_state(view, state)
    set_dict(view, entry.__dict__)
    return view


def _check_agreement(state: EntryState, cls: type[Entry]) -> None:
    for name, one in cls.__ldapom__.attributes.items():
        other = state.find(name) or state.by_key(one.key) or one
        if _meaning(other) != _meaning(one):
            raise TypeError(
                f"{state.model.__name__} and {cls.__name__} disagree: "
                f"{other.label} is not {one.label}"
            )


def _meaning(one: AnyAttribute) -> tuple[object, ...]:
    return one.key, one.python_name, one.has_many, one.converter.python
