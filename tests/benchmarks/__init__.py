"""Benchmarks: each prints its figures from one run, and none is a test."""
