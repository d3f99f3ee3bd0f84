"""Benchmarks: ratios of one run on this machine, held against targets (`./run bench`)."""
