"""The tests of `ldapom.mapper.entries`."""
