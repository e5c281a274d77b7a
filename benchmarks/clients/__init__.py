"""One module a client; each has ``WORKLOADS``, from names to functions."""
