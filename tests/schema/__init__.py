"""Tests of `ldapom.schema`."""
