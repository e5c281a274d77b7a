"""What users do, the same on every server."""
