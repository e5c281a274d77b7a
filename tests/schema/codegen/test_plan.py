"""Which classes a plan has, on which bases, and what each of them declares."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from ldapom.errors import SchemaError
from ldapom.schema import Schema
from ldapom.schema.codegen import Asks, Naming, Plan, make_plan
from tests.schema.codegen.support import asks, schema, text

if TYPE_CHECKING:
    from ldapom.schema.codegen.plan import ClassPlan

SINGLE = "SINGLE-VALUE"
TYPES = [
    text("cn"),
    text("a"),
    text("b"),
    text("one", more=SINGLE),
    text("op", more=f"{SINGLE} NO-USER-MODIFICATION USAGE directoryOperation"),
]
CLASSES = [
    "( 2.1 NAME 'person' SUP top STRUCTURAL MUST cn MAY ( a $ one $ op ) )",
    "( 2.2 NAME 'worker' SUP person STRUCTURAL MAY b )",
    "( 2.3 NAME 'mixin' SUP top AUXILIARY MUST one MAY cn )",
    "( 2.4 NAME 'idea' SUP top ABSTRACT MAY a )",
    "( 2.5 NAME 'plan' SUP idea STRUCTURAL MUST cn )",
    "( 2.6 NAME 'submixin' SUP mixin AUXILIARY MAY a )",
    "( 2.7 NAME 'both' SUP ( top $ person $ worker ) STRUCTURAL )",
]


def small() -> Schema:
    """A schema of a few classes of each kind."""
    return schema(TYPES, CLASSES)


def planned(*models: str, source: Schema | None = None, **more: Any) -> Plan:
    """Plan some models."""
    return make_plan(source or small(), asks(*models, **more))


def named(plan: Plan, name: str) -> ClassPlan:
    """Find a class by its Python name."""
    return next(c for c in plan.classes if c.name == name)


def declared(plan: Plan, name: str) -> dict[str, bool]:
    """What a class declares itself: LDAP name -> demanded."""
    return {f.member.name: f.must for f in named(plan, name).fields}


def test_chains_and_mixins() -> None:
    """Structural chains inherit, auxiliaries are mixins, superiors come first."""
    plan = planned("User=worker+mixin@dc=x:cn")

    assert [(c.name, c.bases) for c in plan.classes] == [
        ("Person", ("Entry",)),
        ("Worker", ("Person",)),
        ("Mixin", ("Auxiliary",)),
        ("User", ("Worker", "Mixin")),
    ]
    user = named(plan, "User")
    assert (user.object_class, user.base, user.rdn) == (None, "dc=x", "cn")


def test_abstract_and_auxiliary_chains() -> None:
    """An abstract class is an entry in the chain; an auxiliary chain needs one mixin base."""
    plan = planned("P=plan+submixin")

    assert named(plan, "Idea").bases == ("Entry",)
    assert named(plan, "Plan").bases == ("Idea",)
    assert named(plan, "Mixin").bases == ("Auxiliary",)
    assert named(plan, "Submixin").bases == ("Mixin",)


def test_only_what_is_asked_for() -> None:
    """Other classes, and what only they use, are left out."""
    plan = planned(classes=["person"])

    assert [c.name for c in plan.classes] == ["Person"]
    assert named(plan, "Person").keywords is None


def test_implied_superiors_are_dropped() -> None:
    """``SUP ( top $ person $ worker )`` is worker."""
    assert named(planned(classes=["both"]), "Both").bases == ("Worker",)


def test_members_are_declared_once() -> None:
    """MUST before MAY, by name; operational ones and objectClass are left out."""
    plan = planned("User=worker")

    assert list(declared(plan, "Person").items()) == [
        ("cn", True),
        ("a", False),
        ("one", False),
    ]
    assert declared(plan, "Worker") == {"b": False}
    assert declared(plan, "User") == {}


def test_must_is_the_union() -> None:
    """What a later base demands is declared again, and narrows where it is single."""
    fields = {f.member.name: f for f in named(planned("U=person+mixin"), "U").fields}

    assert set(fields) == {"one"}
    assert fields["one"].must
    assert fields["one"].narrows
    assert fields["one"].doc == "Required by mixin."


def test_an_earlier_demand_needs_no_declaration() -> None:
    """Where the first base demands and a later one allows several, nothing is written."""
    source = schema(
        [text("cn")],
        [
            "( 2.1 NAME 'p' SUP top STRUCTURAL MUST cn )",
            "( 2.2 NAME 'm' SUP top AUXILIARY MAY cn )",
        ],
    )

    assert declared(planned("U=p+m", source=source), "U") == {}


def test_operational_attributes_on_demand() -> None:
    """They go to the models, or, without models, to the classes asked for."""
    plan = planned("U=person", operational=("OP",))

    assert declared(plan, "U") == {"op": False}
    assert named(plan, "U").fields[0].member.read_only
    assert "op" in declared(planned(classes=["worker"], operational=("op",)), "Worker")
    assert "op" not in declared(plan, "Person")


def test_collective_attributes_on_demand() -> None:
    """Entries only show them (RFC 3671); a class that names one may hold it."""
    source = schema(
        [text("cn"), text("c-l", more="COLLECTIVE"), text("c-o", more="COLLECTIVE")],
        [
            "( 2.1 NAME 'p' SUP top STRUCTURAL MUST cn )",
            "( 2.2 NAME 'area' SUP top STRUCTURAL MAY c-o )",
        ],
    )
    plan = planned("U=p", "A=area", source=source, operational=("C-L",))

    (shown,) = named(plan, "U").fields
    assert (shown.member.name, shown.member.read_only) == ("c-l", True)
    (held,) = named(plan, "Area").fields
    assert not held.member.read_only


def test_keywords_are_all_attributes() -> None:
    """A model's query takes inherited attributes too."""
    keywords = named(planned("U=worker+mixin"), "U").keywords or ()

    assert [m.python_name for m in keywords] == ["a", "b", "cn", "one"]


@pytest.mark.parametrize(
    ("spelled", "rdn"),
    [
        ("U=person", "cn"),
        ("U=person:a", "a"),
        ("U=person:CN", "cn"),
        ("U=person:a+cn", "a+cn"),
    ],
)
def test_naming_attribute(spelled: str, rdn: str) -> None:
    """The one given, in any spelling; else the first usual one."""
    assert named(planned(spelled), "U").rdn == rdn


def test_demanded_names_come_first() -> None:
    """A usual naming attribute that is demanded wins over one that is allowed."""
    source = schema(
        [text("uid"), text("cn"), text("x")],
        [
            "( 2.1 NAME 'p' SUP top STRUCTURAL MUST cn MAY uid )",
            "( 2.2 NAME 'q' SUP top STRUCTURAL MAY uid )",
            "( 2.3 NAME 'r' SUP top STRUCTURAL MUST x )",
        ],
    )
    plan = planned("P_=p", "Q_=q", "R_=r", source=source)

    assert [named(plan, n).rdn for n in ("P_", "Q_", "R_")] == ["cn", "uid", None]


@pytest.mark.parametrize(
    ("spelled", "said"),
    [
        (["U=persn"], "no object class 'persn'; did you mean 'person'"),
        (["U=person+plan"], "2 structural classes, person and plan"),
        (["U=mixin"], "no structural class: mixin can only be added"),
        (["U=idea"], "idea is abstract"),
        (["U=top"], "no structural class"),
        (["U=person:b"], "'b' can not name its entries"),
        (["U=person:nope"], "'nope' can not name its entries"),
        (["U=person", "U=worker"], "two models need the name 'U'"),
        (["U=person", "UQuery=worker"], "two models need the name 'UQuery'"),
        (["UQuery=worker", "U=person"], "two models need the name 'U'"),
        ([], "nothing is asked for"),
    ],
)
def test_what_can_not_be(spelled: list[str], said: str) -> None:
    """Each mistake has a sentence that names it."""
    with pytest.raises(SchemaError) as caught:
        planned(*spelled)

    assert said in str(caught.value)


@pytest.mark.parametrize("option", ["single", "operational"])
@pytest.mark.parametrize("name", ["nope", "cn;lang-de", ""])
def test_unknown_attributes_are_told_of(option: str, name: str) -> None:
    """An attribute the user names must exist."""
    with pytest.raises(SchemaError, match=f"no attribute type '{name}'"):
        make_plan(small(), asks("U=person", **{option: (name,)}))


def test_a_named_superior_is_no_second_structural_class() -> None:
    """``person+worker`` is worker."""
    assert named(planned("U=person+worker"), "U").bases == ("Worker",)


def test_a_model_may_be_called_like_a_class() -> None:
    """Then the schema's class steps aside."""
    plan = planned("Person=person")

    assert [(c.name, c.bases) for c in plan.classes] == [
        ("Person_", ("Entry",)),
        ("Person", ("Person_",)),
    ]


def test_superior_cycles_are_told_of() -> None:
    """A schema whose classes are their own superiors is an error, not a hang."""
    source = schema(
        [], ["( 2.1 NAME 'a' SUP b STRUCTURAL )", "( 2.2 NAME 'b' SUP a STRUCTURAL )"]
    )

    with pytest.raises(SchemaError, match="its own superior"):
        planned(classes=["a"], source=source)


def test_missing_superiors_do_not_matter() -> None:
    """A superior that nothing defines counts as `Entry`."""
    source = schema(
        [text("cn")], ["( 2.1 NAME 'a' SUP ghost STRUCTURAL MUST ( cn $ huh ) )"]
    )
    plan = planned(classes=["a"], source=source)

    assert named(plan, "A").bases == ("Entry",)
    assert declared(plan, "A") == {"cn": True, "huh": True}


def test_a_top_with_attributes_is_a_class() -> None:
    """Active Directory's ``top`` allows things; then it is a class under all others."""
    source = Schema.parse(
        attribute_types=[*TYPES, text("objectClass", oid="2.5.4.0")],
        object_classes=[
            "( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass MAY a )",
            *CLASSES,
        ],
    )
    plan = planned("U=worker+mixin", source=source)

    assert [(c.name, c.bases) for c in plan.classes] == [
        ("Top", ("Entry",)),
        ("Person", ("Top",)),
        ("Worker", ("Person",)),
        ("Mixin", ("Auxiliary",)),
        ("U", ("Worker", "Mixin")),
    ]
    assert "a" not in declared(plan, "Person")


RULE = "( 2.1 NAME 'rule' AUX mixin MUST a MAY b )"


def test_content_rules_belong_to_the_structural_class() -> None:
    """MUST and MAY of the rule are the class's; its auxiliaries are asked for by name."""
    source = schema(TYPES, CLASSES, dit_content_rules=[RULE])
    plan = planned(classes=["person"], source=source)

    assert declared(plan, "Person") == {"cn": True, "a": True, "b": False, "one": False}


def test_content_rules_of_active_directory() -> None:
    """They spell out what is a part of a class, and name every auxiliary there is."""
    source = Schema.parse(
        attribute_types=[*TYPES, text("nTSecurityDescriptor", more=SINGLE)],
        object_classes=[
            "( 2.5.6.0 NAME 'top' ABSTRACT MUST ( objectClass $ nTSecurityDescriptor ) )",
            *CLASSES,
        ],
        dit_content_rules=[
            "( 2.1 NAME 'rule' AUX ( submixin $ mixin ) MUST one MAY b )"
        ],
    )
    plan = planned(classes=["person"], source=source)

    assert declared(plan, "Person") == {
        "cn": True,
        "one": True,
        "a": False,
        "b": False,
    }
    assert declared(plan, "Top") == {"nTSecurityDescriptor": False}
    assert named(plan, "Person").paragraphs[-2] == "Required: cn, one."


def test_names_that_two_definitions_claim() -> None:
    """An attribute whose name another one has goes by what remains to it."""
    source = schema(
        [text("x", oid="1.1"), text("x", oid="1.2")],
        ["( 2.1 NAME 'p' SUP top STRUCTURAL MUST ( 1.1 $ 1.2 ) )"],
    )
    fields = named(planned(classes=["p"], source=source), "P").fields

    assert [(f.member.name, f.member.python_name) for f in fields] == [
        ("1.2", "oid_1_2"),
        ("x", "x"),
    ]


def test_the_order_of_definitions_does_not_matter() -> None:
    """Shuffled definitions give an equal plan."""
    asked = asks("U=worker+mixin", classes=["plan", "both"])
    first = make_plan(small(), asked)

    for types, classes in itertools.product(
        [TYPES, TYPES[::-1]], [CLASSES, CLASSES[::-1]]
    ):
        assert make_plan(schema(types, classes), asked) == first


def test_the_fingerprint_covers_what_is_used_and_no_more() -> None:
    """Another definition that is used changes it; one that is not does not."""
    plain = planned(classes=["person"]).fingerprint
    unused = schema([*TYPES, text("z")], [*CLASSES, "( 2.9 NAME 'z' )"])
    changed = schema([text("cn", more=SINGLE), *TYPES[1:]], CLASSES)

    assert planned(classes=["person"], source=unused).fingerprint == plain
    assert planned(classes=["person"], source=changed).fingerprint != plain


def test_snake_case_reaches_every_name() -> None:
    """Fields, keywords and documentation use the spelling asked for."""
    source = schema(
        [text("homeTown")], ["( 2.1 NAME 'p' SUP top STRUCTURAL MUST homeTown )"]
    )
    plan = planned("U=p:homeTown", source=source, naming=Naming.snake_case)

    assert named(plan, "P").fields[0].member.python_name == "home_town"
    assert named(plan, "P").paragraphs[-1] == "Required: home_town."
    assert named(plan, "U").rdn == "homeTown"


def test_asks_are_a_value() -> None:
    """What is asked for can be compared and hashed."""
    assert hash(Asks()) == hash(Asks())
