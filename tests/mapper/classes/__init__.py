"""The tests of `ldapom.mapper.classes`."""
