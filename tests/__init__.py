"""The tests of ldapom; the folders mirror the package."""
