"""Benchmarks: kerasish beside what else there is, as ratios to a tuned hand-written torch loop in the same run."""
