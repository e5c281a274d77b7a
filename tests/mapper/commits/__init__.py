"""The tests of `ldapom.mapper.commits`."""
