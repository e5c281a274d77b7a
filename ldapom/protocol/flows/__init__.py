"""Conversations as generators: each written once, driven by `ldapom.protocol.io`."""
