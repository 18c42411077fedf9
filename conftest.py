"""Keeps pytest away from what is not a test: runs, the sample's data, and fixes."""

collect_ignore = ["fixes", "reports", "benchmarks", "docs", ".trueup"]
