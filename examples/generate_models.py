"""Generate models from a program; ``ldapom generate`` does the same from a shell."""

from __future__ import annotations

from directory import SUFFIX, credentials, directory

from ldapom import Connection
from ldapom.schema import codegen

if __name__ == "__main__":
    with Connection(directory(), credentials()) as connection:
        schema = connection.schema
    print(schema.fingerprint)
    print(codegen.__doc__)
    print(SUFFIX)
