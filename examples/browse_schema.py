"""Browse a server's schema: classes, attributes, and what they demand."""

from __future__ import annotations

from directory import credentials, directory

from ldapom import Connection

if __name__ == "__main__":
    with Connection(directory(), credentials()) as connection:
        print(connection.root_dse)
        schema = connection.schema

    print(f"\n{len(schema.object_classes)} classes,", end=" ")
    print(
        f"{len(schema.attribute_types)} attributes, {len(schema.problems)} problems\n"
    )

    person = schema.object_class("inetOrgPerson")
    print(person)
    print("superiors:", ", ".join(schema.superiors("inetOrgPerson")))
    print("required: ", ", ".join(schema.must("inetOrgPerson", "posixAccount")))
    allowed = schema.may("inetOrgPerson", "posixAccount")
    print(f"allowed:   {', '.join(allowed[:8])} … ({len(allowed)} in all)\n")

    surname = schema.attribute_type("sn")
    print(surname)
    print("syntax:", surname.effective_syntax)
