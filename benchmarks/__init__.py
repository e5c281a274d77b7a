"""Speed and memory of ldapom, side by side with its peers; see `benchmarks.__main__`."""
