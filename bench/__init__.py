"""Benchmarks: figures with goals, measured on real servers; never run by the tests."""
