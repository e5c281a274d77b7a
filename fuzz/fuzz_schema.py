"""Schema text: one definition gives a value or `SchemaError`, a schema always reads.

Whatever is read is written as text that reads back to an equal value.
"""

from __future__ import annotations

from harness import run

from ldapom.errors import SchemaError
from ldapom.schema import AttributeType, Schema
from ldapom.schema.registry import KINDS

#: The one thing a text that is no definition may raise.
ALLOWED = (SchemaError,)

SEEDS = (
    b"( 2.5.4.3 NAME ( 'cn' 'commonName' ) DESC 'a' SUP name X-ORIGIN 'RFC 4519' )",
    b"( 1.2 NAME 'a' EQUALITY e ORDERING o SUBSTR s SYNTAX 1.3{64} SINGLE-VALUE )",
    b"( 1.2 COLLECTIVE NO-USER-MODIFICATION USAGE dSAOperation )",
    b"( 2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST ( sn $ cn ) MAY ( a $ b ) )",
    b"( 1.2 DESC 'End-User's zone' X-A X-B ( 'x' 'it's' ) SYNTAX '1.3{5}' )",
    b"( 1.2 name 'x' desc 'the users' name' sup (a b) auxiliary may c )",
    b"( 7 NAME 'r' FORM f SUP ( 1 2 ) )",
    b"( 1.2 NAME 'f' OC c MUST m MAY n )",
    b"( 1.2 APPLIES ( a $ b ) )",
    b"( 1.2 AUX ( x $ y ) NOT z )",
    rb"( 1.2 DESC 'a\27b\5Cc\x' OBSOLETE SYNTAX 1.3 )",
    b"( OLcfg:1.2 NAME ( ) DESC '' SYNTAX '' X-Y",
    b"( 1.2 DESC '\xe4\xff' )",
)


def target(data: bytes) -> None:
    """Read one text as each kind, alone and in a schema."""
    schema = Schema.parse(**{name: [data, data[::2]] for name in KINDS})
    for definition in schema.definitions():
        again, notes = type(definition).read(str(definition))
        # An identifier that is no OID is kept, and stays one.
        kept = f"{definition.identifier!r} is no OID"
        if again != definition or any(note.reason != kept for note in notes):
            msg = f"{definition} reads back as {again}"
            raise AssertionError(msg)
    for name in schema.object_classes:
        schema.must(name)
        schema.may(name)
    for problem in schema.problems:
        if problem.position is not None and problem.position > len(problem.text):
            msg = f"{problem} is behind its text"
            raise AssertionError(msg)
    AttributeType.parse(data)


if __name__ == "__main__":
    run(target, ALLOWED, SEEDS)
