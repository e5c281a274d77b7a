"""Apply a file of LDIF changes, as ``ldapmodify -c`` does: go on, and tell what failed.

``ldif.read("changes.ldif")`` gives one record after the other, so a file may be of any
size.
"""

from __future__ import annotations

from directory import SUFFIX, credentials, directory

from ldapom import Connection, Control, ResultError, ldif

CHANGES = f"""\
version: 1

dn: cn=printers,ou=groups,{SUFFIX}
changetype: add
objectClass: organizationalRole
cn: printers

dn: cn=nobody,ou=groups,{SUFFIX}
changetype: modify
replace: description
description: is not there
-

dn: cn=printers,ou=groups,{SUFFIX}
changetype: modrdn
newrdn: cn=plotters
deleteoldrdn: 1

dn: cn=plotters,ou=groups,{SUFFIX}
changetype: delete
"""


def apply(connection: Connection, record: ldif.Record) -> None:
    """Send one record; what ``ldapsearch`` wrote (no changetype) is added."""
    if isinstance(record, ldif.ContentRecord):
        connection.add(record.dn, dict(record.attributes))
        return
    controls = [Control(c.type, c.criticality, c.value) for c in record.controls]
    match record:
        case ldif.AddRecord():
            connection.add(record.dn, dict(record.attributes), controls=controls)
        case ldif.ModifyRecord():
            connection.modify(record.dn, record.changes, controls=controls)
        case ldif.DeleteRecord():
            connection.delete(record.dn, controls=controls)
        case _:
            connection.rename(
                record.dn,
                record.new_rdn,
                new_superior=record.new_superior,
                delete_old_rdn=record.delete_old_rdn,
                controls=controls,
            )


if __name__ == "__main__":
    rest: list[ldif.Record] = []
    with Connection(directory(), credentials()) as running:
        for number, each in enumerate(ldif.loads(CHANGES), start=1):
            try:
                apply(running, each)
            except ResultError as error:
                print(f"record {number}: {error}")
                rest.append(each)
    print(ldif.dumps(rest))
