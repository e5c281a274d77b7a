"""The protocol client: for what has no class, and for administration.

Errors raise, a search gives entries only, and every call has a deadline.
"""

from __future__ import annotations

from directory import SUFFIX, credentials, directory

from ldapom import Add, Connection, Filter, NoSuchObject, Replace

if __name__ == "__main__":
    dn = f"cn=example,ou=groups,{SUFFIX}"
    with Connection(directory(), credentials(), timeout=10) as connection:
        print(connection.who_am_i())
        for entry in connection.search(SUFFIX, "(uid=a*)", attributes=["cn", "mail"]):
            print(entry.dn, entry.text("cn"), entry.get("mail"))

        # Raw filter text takes values apart from it, so nothing can be injected.
        typed = "nobody*)(uid=*"
        nobody = Filter.parse("(|(uid=?)(cn=?))", typed, typed)
        print(len(list(connection.search(SUFFIX, nobody))), "entries for", typed)

        connection.add(dn, {"objectClass": "organizationalRole", "cn": "example"})
        connection.modify(dn, [Add("description", "made"), Replace("ou", ["a", "b"])])
        print(connection.compare(dn, "description", "made"))
        connection.rename(dn, "cn=renamed")
        connection.delete(f"cn=renamed,ou=groups,{SUFFIX}")
        try:
            connection.delete(dn)
        except NoSuchObject as error:
            print(f"{error.code.name}, matched {error.matched_dn!r}")
        print(connection)
