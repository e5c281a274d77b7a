"""One module a client; each has ``WORKLOADS``, from a workload's name to its function."""
