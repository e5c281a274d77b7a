"""The tests of `ldapom.mapper.queries`."""
