"""Benchmarks: ratios of kerasish to what else there is, each measured in the same run."""
