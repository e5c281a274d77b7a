"""Speed and memory of ldapom beside its peers; see `benchmarks.__main__`."""
