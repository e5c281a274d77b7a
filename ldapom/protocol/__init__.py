"""The wire: RFC 4511 and RFC 4513, sans-I/O up to ``io/``."""
