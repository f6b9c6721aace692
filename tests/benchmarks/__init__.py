"""Benchmarks for `make bench`, which measure alternatives in one run and print ratios."""
