"""`ClassInfo`: what is known of an entry class, worked out once when it is made.

1. An attribute is one field: the first class in the method resolution order that
   has it decides, and it must demand what any of the others demands.
2. A query asserts each object class of the model that no other one implies; and, of
   subentries, that they are some: else servers hide them.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeVar, cast

from attrs import frozen

from ldapom.dn import DN
from ldapom.mapper.classes.described import Described
from ldapom.mapper.classes.names import canonical, did_you_mean
from ldapom.protocol.parts import PartialAttribute

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ldapom.mapper.classes.converters import Converters
    from ldapom.mapper.classes.described import AnyAttribute
    from ldapom.mapper.entries.entry import Mapped
    from ldapom.protocol.codec.order import Target

T = TypeVar("T")

#: How the arguments of a class are written.
_EXAMPLES = {"object_class": "person", "base": "dc=example,dc=com", "rdn": "cn+sn"}

#: 389 Directory Server and its relatives show LDAP subentries, such as roles, only to
#: who asks for this class (draft-ietf-ldup-subentry 4).
SUBENTRY = "ldapsubentry"


@frozen
class ClassInfo:
    """What an entry class is mapped to.

    Attributes:
        name: The class's name, for texts.
        object_class: Its own object class; None where it only combines others.
        object_classes: All its object classes, superiors first.
        asserted: Those of them that a query asserts.
        attributes: Its attributes by Python name.
        by_key: The same by the key of their LDAP name.
        base: The DN under which its entries live.
        rdn: The attributes that name an entry, by Python name.
        request: What a query asks the server for.
        loaded: The keys of it.
        converters: The converters that hold for its attributes.
    """

    name: str
    object_class: str | None
    object_classes: tuple[str, ...]
    asserted: tuple[str, ...]
    attributes: Mapping[str, AnyAttribute]
    by_key: Mapping[str, AnyAttribute]
    base: str | None
    rdn: tuple[str, ...]
    request: tuple[str, ...]
    loaded: frozenset[str]
    converters: Converters | None = None

    @cached_property
    def order(self) -> Mapping[str, int]:
        """The place of each attribute, by Python name."""
        return {name: place for place, name in enumerate(self.attributes)}

    @cached_property
    def template(self) -> tuple[PartialAttribute, ...]:
        """The raw attributes of a new entry: its object classes."""
        values = tuple(name.encode() for name in self.object_classes)
        return (PartialAttribute("objectClass", values),)

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The keys of attributes whose values are secrets."""
        return frozenset(key for key, one in self.by_key.items() if one.is_secret)

    @cached_property
    def made_by_server(self) -> Mapping[str, str]:
        """The keys and LDAP names of attributes that only the server writes."""
        return {
            key: one.ldap_name
            for key, one in self.by_key.items()
            if one.read_only and key != "objectclass"
        }

    @cached_property
    def naming(self) -> frozenset[str]:
        """The LDAP names of the attributes that name an entry."""
        return frozenset(self.find(name).ldap_name for name in self.rdn)

    @cached_property
    def has_own_types(self) -> bool:
        """Whether an attribute may be open: no syntax and no converter makes it."""
        try:
            return any(one.converter.is_own for one in self.attributes.values())
        except Exception:  # noqa: BLE001  # it raises where that one is read
            return True

    @cached_property
    def exact(self) -> frozenset[str]:
        """The Python names of attributes that `Described.is_exact`."""
        named = self.attributes.items()
        return frozenset(name for name, one in named if one.is_exact)

    @property
    def must(self) -> tuple[str, ...]:
        """The Python names of the attributes that the schema demands."""
        return tuple(name for name, one in self.attributes.items() if one.must)

    @property
    def may(self) -> tuple[str, ...]:
        """The Python names of the attributes that the schema allows."""
        return tuple(name for name, one in self.attributes.items() if not one.must)

    def find(self, name: str) -> AnyAttribute:
        """Find an attribute by its Python name or any spelling of its LDAP name.

        Raises:
            LookupError: If there is none; names the closest.
        """
        found = self.attributes.get(name) or self.by_key.get(canonical(name))
        if found is None:
            raise LookupError(self.unknown(name))
        return found

    @cached_property
    def linked(self) -> tuple[AnyAttribute, ...]:
        """The attributes whose value knows the entry that has it."""
        return tuple(one for one in self.attributes.values() if one.is_linked)

    def target(self, key: str) -> Target | None:
        """Where the values of an attribute go that are decoded along with others."""
        from ldapom.mapper.entries import together  # what entries need, no model does

        found = self.by_key.get(key)
        return None if found is None else together.target(found)

    def unknown(self, name: str) -> str:
        """The text of an error about a name that no attribute has."""
        hint = did_you_mean(name, self.attributes)
        return f"{self.name} has no attribute {name!r}{hint}"


def combined(cls: type[Mapped], own: Converters | None) -> Converters | None:
    """A class's own converters and those of its bases; its own come first."""
    for base in cls.__bases__:
        info: ClassInfo | None = getattr(base, "__ldapom__", None)
        more = None if info is None else info.converters
        if more is not None:
            own = more if own is None else more | own
    return own


def describe(
    cls: type[Mapped],
    object_class: str | None,
    base: str | None,
    rdn: str | None,
    *,
    converters: Converters | None = None,
) -> ClassInfo:
    """Work out what a new entry class is mapped to.

    Args:
        cls: The class, its attributes in place.
        object_class: Its object class, None for a class that only combines others.
        base: The DN under which its entries live; None takes that of a base class.
        rdn: The naming attribute; ``a+b`` for several; None takes that of a base.
        converters: The converters that hold in it.

    Raises:
        TypeError: If the class contradicts itself or its bases, or is given no text.
        DNSyntaxError: If ``base`` is no DN.
    """
    said = {"object_class": object_class, "base": base, "rdn": rdn}
    for word, text in said.items():
        if not isinstance(text, str | None):
            example = _EXAMPLES[word]
            kind = type(text).__name__
            raise TypeError(
                f"{cls.__name__}: {word} is a text, such as {example!r}, not {kind}"
            )
    fields = _fields(cls)
    _check_must(cls, fields)
    if base is not None:
        DN.parse(base)
    classes = _classes(cls, object_class)
    info = ClassInfo(
        name=cls.__name__,
        object_class=object_class,
        object_classes=_all_names(classes),
        asserted=_asserted(classes),
        attributes=fields,
        by_key=_by_key(cls, fields),
        base=_inherited(cls, "base", None) if base is None else base,
        rdn=_inherited(cls, "rdn", ()) if rdn is None else _names(rdn),
        request=_request(fields),
        loaded=frozenset(
            one.key for one in fields.values() if not one.declaration.on_request
        ),
        converters=converters,
    )
    _check_rdn(info)
    return info


def _request(fields: Mapping[str, AnyAttribute]) -> tuple[str, ...]:
    wanted = (one for one in fields.values() if not one.declaration.on_request)
    names = tuple(one.ldap_name for one in wanted)
    # A class that maps nothing, such as Entry itself, shows everything as extra.
    return names if len(names) > 1 else (*names, "*")


def _names(rdn: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in rdn.split("+")) if rdn else ()


def _superiors_first(cls: type, found: dict[type, None] | None = None) -> list[type]:
    """The class and its bases, each behind its own bases, in the order written."""
    found = {} if found is None else found
    for base in cls.__bases__:
        if base not in found:
            _superiors_first(base, found)
    found[cls] = None
    return list(found)


def _fields(cls: type[Mapped]) -> dict[str, AnyAttribute]:
    """The attributes by Python name, in the order a reader meets them."""
    chosen: dict[str, object] = {}
    for owner in reversed(cls.__mro__):
        chosen.update(vars(owner))
    return {
        name: cast("AnyAttribute", chosen[name])
        for owner in _superiors_first(cls)
        for name in vars(owner)
        if isinstance(chosen[name], Described)
    }


def _by_key(
    cls: type[Mapped], fields: Mapping[str, AnyAttribute]
) -> dict[str, AnyAttribute]:
    found: dict[str, AnyAttribute] = {}
    for one in fields.values():
        other = found.setdefault(one.key, one)
        if other is not one:
            raise TypeError(
                f"{cls.__name__} maps {one.ldap_name!r} twice, as "
                f"{other.python_name!r} and as {one.python_name!r}; keep one name"
            )
    return found


def _check_must(cls: type[Mapped], fields: Mapping[str, AnyAttribute]) -> None:
    """Refuse a class in which one base only allows what another one demands."""
    # Each base has been checked: what it demands are its own ``must``.
    demanded: set[str] = set()
    for base in cls.__bases__:
        info: ClassInfo | None = getattr(base, "__ldapom__", None)
        demanded.update(info.must if info else ())
    lines = []
    for name, chosen in fields.items():
        if name not in demanded or chosen.must:
            continue
        owner = next(
            owner.__name__
            for owner in cls.__mro__
            if isinstance(other := vars(owner).get(name), Described) and other.must
        )
        lines.append(f"    {chosen.demanded()}  # MUST in {owner}")
    if lines:
        raise TypeError(
            f"{cls.__name__} allows what one of its bases demands; "
            "write in its body:\n" + "\n".join(lines)
        )


def _check_rdn(info: ClassInfo) -> None:
    for name in info.rdn:
        if name not in info.attributes and canonical(name) not in info.by_key:
            raise TypeError(f"rdn={'+'.join(info.rdn)!r}: {info.unknown(name)}")


def _classes(cls: type[Mapped], object_class: str | None) -> dict[type, str]:
    """The object classes by the class that stands for them, superiors first."""
    classes: dict[type, str] = {}
    for owner in _superiors_first(cls):
        info: ClassInfo | None = vars(owner).get("__ldapom__")
        name = object_class if owner is cls else info and info.object_class
        if name:
            classes[owner] = name
    return classes


def _all_names(classes: Mapping[type, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(["top", *classes.values()])) if classes else ()


def _inherited(cls: type[Mapped], what: Literal["base", "rdn"], default: T) -> T:
    """What the first base says that says anything."""
    infos = (vars(owner).get("__ldapom__") for owner in cls.__mro__[1:])
    return next(
        (said for info in infos if (said := getattr(info, what, None))), default
    )


def _asserted(classes: Mapping[type, str]) -> tuple[str, ...]:
    return tuple(
        name
        for owner, name in classes.items()
        if name.lower() == SUBENTRY
        or not any(owner is not other and issubclass(other, owner) for other in classes)
    )
