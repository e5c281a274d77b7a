"""From a schema and what is asked for to a plan: values that say all, without text.

Rules:

1. Only what is asked for is planned, and its superiors; ``top`` is ``Entry`` itself,
   unless it allows more than ``objectClass`` (Active Directory): then it is a class.
2. MUST is the union over the bases. An attribute is declared again where a class
   demands what its first base that has it only allows, or where bases disagree on
   the type of a single value.
3. The MUST and MAY of a DIT content rule belong to its structural class; in Active
   Directory they are those of the auxiliary classes that are a part of it ([MS-ADTS]
   3.1.1.2.4.6). The auxiliary classes that a rule names are asked for by name.
4. Operational attributes are left out unless asked for by name.
5. Within a class what is demanded comes first, then by name.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from ldapom.schema import Kind, ObjectClass, Schema
from ldapom.schema.codegen import ancestry, models, prose
from ldapom.schema.codegen import asks as asking
from ldapom.schema.codegen.lexicon import Lexicon
from ldapom.schema.codegen.members import Habits, Member, member, publishes_rules
from ldapom.schema.codegen.requirements import Requirements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ENTRY = "root Entry"
AUXILIARY = "root Auxiliary"
_ROOTS = {ENTRY: "Entry", AUXILIARY: "Auxiliary"}


@frozen
class Field:
    """One attribute as a class declares it.

    Args:
        member: The attribute.
        must: Whether the class demands it.
        narrows: Whether a base declares it with a wider type, so that type checkers
            have to be told that this is on purpose.
        doc: A sentence on it; may be empty.
        more: Its other names, and whether it is obsolete; may be empty.
    """

    member: Member
    must: bool
    narrows: bool = False
    doc: str = ""
    more: str = ""


@frozen
class ClassPlan:
    """One class of the module.

    Args:
        name: Its Python name.
        bases: The Python names of its bases.
        object_class: The LDAP name of the object class; None for a model.
        paragraphs: Its documentation.
        fields: What it declares itself.
        base: Where the entries of a model live, if that is said.
        rdn: What names the entries of a model, if that is known.
        keywords: For a model, all attributes that ``query`` takes; else None.
    """

    name: str
    bases: tuple[str, ...]
    object_class: str | None
    paragraphs: tuple[str, ...]
    fields: tuple[Field, ...]
    base: str | None = None
    rdn: str | None = None
    keywords: tuple[Member, ...] | None = None


@frozen
class Plan:
    """A whole module.

    Args:
        classes: Its classes, bases first.
        source: Where the schema came from.
        command: The command that asks for it, without secrets.
        fingerprint: A hash over the definitions that were used.
    """

    classes: tuple[ClassPlan, ...]
    source: str
    command: tuple[str, ...]
    fingerprint: str


def make_plan(
    schema: Schema,
    asks: asking.Asks,
    *,
    source: str = "",
    command: Sequence[str] = (),
) -> Plan:
    """Plan a module.

    Args:
        schema: The schema to read.
        asks: What to write.
        source: Where the schema came from, for the module's documentation.
        command: The command that made it, for the module's documentation.

    Returns:
        The same plan for the same arguments, whatever the order of definitions.

    Raises:
        SchemaError: Something asked for is unknown or can not be.
    """
    planner = _Planner.of(schema, asks)
    classes = tuple(planner.plan(key) for key in planner.order if key not in _ROOTS)
    return Plan(classes, source, tuple(command), planner.fingerprint())


@define
class _Planner:
    """What is known while a plan is made; one `_Planner` makes one plan."""

    schema: Schema
    asks: asking.Asks
    lexicon: Lexicon
    models: Mapping[str, models.Model]
    requirements: Requirements
    #: The attributes to treat as single-valued, by LDAP name.
    single: frozenset[str] = frozenset()
    #: The collective ones that were asked for as operational ones are.
    shared: frozenset[str] = frozenset()
    habits: Habits = field(factory=Habits)
    order: tuple[str, ...] = ()
    bases: Mapping[str, tuple[str, ...]] = field(factory=dict)
    #: What each class above another declares: attribute -> demanded.
    declared: dict[str, dict[str, bool]] = field(factory=dict)
    members: dict[str, Member] = field(factory=dict)
    #: What is asked for often: linearizations, and what each class itself asks for.
    lineages: dict[str, tuple[str, ...]] = field(factory=dict)
    owned: dict[str, Mapping[str, bool]] = field(factory=dict)

    @classmethod
    def of(cls, schema: Schema, asks: asking.Asks) -> _Planner:
        found = models.resolve(schema, asks)
        lexicon = Lexicon.of(schema, asks.naming, [m.name for m in asks.models])
        by_key = {f"model {model.name}": model for model in found}
        planner = cls(schema, asks, lexicon, by_key, Requirements(schema, lexicon))
        asked = planner.requirements
        planner.habits = Habits(
            publishes_rules(schema), asked.is_active_directory, asked.given
        )
        planner.arrange()
        planner.single = frozenset(map(planner.known, asks.single))
        planner.shared = frozenset(
            name
            for name in map(planner.known, asks.operational)
            if schema.attribute_types[name].collective
        )
        return planner

    # --- which classes, on which bases -----------------------------------------

    def arrange(self) -> None:
        """Find all classes to write, in order, and their bases."""
        plain = [self.schema.object_class(name) for name in self.asks.classes]
        if self.asks.everything:
            plain += self.requirements.usable()
        asked = [*(oc for m in self.models.values() for oc in m.classes), *plain]
        graph = self.graph(asked)
        keys = map(self.key, asked)
        order = ancestry.superiors_first(graph, [ENTRY, AUXILIARY, *keys])
        for key, model in self.models.items():
            graph[key] = tuple(map(self.key, model.classes))
        self.order = (*order, *self.models)
        self.bases = ancestry.bases(graph, self.order)

    def graph(self, asked: Iterable[ObjectClass]) -> dict[str, tuple[str, ...]]:
        """Link every class that can be reached to its direct superiors."""
        graph: dict[str, tuple[str, ...]] = {ENTRY: (), AUXILIARY: (ENTRY,)}
        todo = list(asked)
        while todo:
            definition = todo.pop()
            key = self.key(definition)
            if key not in graph:
                superiors = self.requirements.superiors(definition)
                own = [AUXILIARY] if definition.kind is Kind.auxiliary else []
                keys = (*map(self.key, superiors), *own)
                graph[key] = keys or (ENTRY,)
                todo += superiors
        return graph

    def key(self, definition: ObjectClass) -> str:
        return f"class {self.lexicon.object_class(definition)}"

    # --- what a class declares -------------------------------------------------

    def plan(self, key: str) -> ClassPlan:
        """Plan one class; its bases have been planned."""
        demanded = self.effective(key)
        fields = self.fields(key, demanded)
        self.declared[key] = {f.member.name: f.must for f in fields}
        bases = tuple(self.python(base) for base in self.bases[key])
        required = self.required(demanded)
        model = self.models.get(key)
        if model is None:
            name = self.ldap(key)
            definition = self.schema.object_class(name)
            allowed = self.allowed(f.member for f in fields if not f.must)
            paragraphs = prose.of_class(definition, name, required, allowed)
            return ClassPlan(self.python(key), bases, name, paragraphs, fields)
        paragraphs = prose.of_model(model, [self.ldap(k) for k in self.bases[key]])
        return ClassPlan(
            model.name,
            bases,
            None,
            (
                *paragraphs,
                *prose.required(required),
                *prose.optional(self.allowed_by(demanded)),
            ),
            fields,
            model.base,
            models.rdn(model, demanded, self.lexicon),
            self.keywords(key),
        )

    def required(self, demanded: Mapping[str, bool]) -> list[str]:
        """Name what a new entry must be given, in Python."""
        members = [self.member(name) for name, must in demanded.items() if must]
        names = [one.python_name for one in members if not one.read_only]
        return sorted(names, key=str.lower)

    def allowed_by(self, demanded: Mapping[str, bool]) -> list[str]:
        """Name what a new entry may be given beside, in Python."""
        return self.allowed(self.member(n) for n, must in demanded.items() if not must)

    def allowed(self, members: Iterable[Member]) -> list[str]:
        names = [one.python_name for one in members if not one.read_only]
        return sorted(names, key=str.lower)

    def effective(self, key: str) -> dict[str, bool]:
        """Collect all attributes of a class, inherited ones too: name -> demanded."""
        found: dict[str, bool] = {}
        for name in self.lineage(key):
            for attribute, must in self.own(name).items():
                found[attribute] = must or found.get(attribute, False)
        return found

    def own(self, key: str) -> Mapping[str, bool]:
        """Give what a class itself asks of its entries: name -> demanded."""
        if key not in self.owned:
            self.owned[key] = self.find_own(key)
        return self.owned[key]

    def find_own(self, key: str) -> Mapping[str, bool]:
        own: dict[str, bool] = {}
        if key in _ROOTS:
            return own
        if key not in self.models:
            own = self.requirements.of(self.schema.object_class(self.ldap(key)))
            own = {n: must for n, must in own.items() if self.is_wanted(n)}
        if self.gets_operational(key):
            own = dict.fromkeys(map(self.known, self.asks.operational), False) | own
        return own

    def is_wanted(self, name: str) -> bool:
        return not self.member(name).operational

    def gets_operational(self, key: str) -> bool:
        """Whether the operational attributes asked for are declared in this class."""
        if self.models:
            return key in self.models
        return key in {
            self.key(self.schema.object_class(name)) for name in self.asks.classes
        }

    def fields(self, key: str, demanded: Mapping[str, bool]) -> tuple[Field, ...]:
        # What a class with one base does not name itself is as its base has it.
        names = self.own(key) if len(self.bases[key]) == 1 else demanded
        found = (self.field(key, name, demanded[name]) for name in names)
        fields = [f for f in found if f is not None]
        return tuple(sorted(fields, key=lambda f: (not f.must, f.member.name.lower())))

    def field(self, key: str, name: str, must: bool) -> Field | None:  # one of a pair
        """Declare an attribute in a class, if it has to be."""
        known = self.member(name)
        above = [self.visible(base, name) for base in self.bases[key]]
        seen = [found for found in above if found is not None]
        if not seen:
            return Field(known, must, doc=known.doc, more=known.more)
        disagree = any(found is not must for found in seen) and not known.multi
        if self.first(key, name) is must and not disagree:
            return None
        return Field(known, must, narrows=disagree, doc=self.reason(key, name))

    def reason(self, key: str, name: str) -> str:
        """Say why an attribute is declared again."""
        for other in self.lineage(key):
            if other not in self.models and self.own(other).get(name):
                return f"Required by {self.ldap(other)}."
        return ""

    def first(self, key: str, name: str) -> bool | None:
        """Look an inherited attribute up as Python does."""
        above = self.lineage(key)[1:]
        found = (self.declared.get(other, {}).get(name) for other in above)
        return next((must for must in found if must is not None), None)

    def visible(self, key: str, name: str) -> bool | None:
        """Look an attribute up in a base: demanded, allowed, or None."""
        return self.declared.get(key, {}).get(name, self.first(key, name))

    def lineage(self, key: str) -> tuple[str, ...]:
        if key not in self.lineages:
            ancestry.linearize(self.bases, key, self.lineages)
        return self.lineages[key]

    # --- names and members -----------------------------------------------------

    def member(self, name: str) -> Member:
        if name not in self.members:
            self.members[name] = member(
                self.schema,
                name,
                self.lexicon.attributes[name],
                single=name in self.single,
                habits=self.habits,
                shared=name in self.shared,
            )
        return self.members[name]

    def known(self, name: str) -> str:
        """Give the LDAP name of an attribute that the user wrote.

        Raises:
            SchemaError: The schema has none; says which are near.
        """
        self.schema.attribute_types.find(name, "attribute type")
        return self.lexicon.attribute(name)

    def keywords(self, key: str) -> tuple[Member, ...]:
        """Give all attributes of a model, by name."""
        found = map(self.member, self.effective(key))
        return tuple(sorted(found, key=lambda m: m.name.lower()))

    def ldap(self, key: str) -> str:
        return key.partition(" ")[2]

    def python(self, key: str) -> str:
        return _ROOTS.get(key) or self.lexicon.classes[self.ldap(key)]

    def fingerprint(self) -> str:
        """Hash the definitions that were used; others do not matter."""
        keys = [k for k in self.order if k not in _ROOTS and k not in self.models]
        types = self.schema.attribute_types
        lines = [str(self.schema.object_class(self.ldap(key))) for key in keys]
        used = [types[name] for name in self.members if name in types]
        lines += [f"{at} {at.effective_syntax} {at.effective_equality}" for at in used]
        text = "\n".join(sorted(lines))
        return sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
