"""What the benchmarks that compare have in common: one definition, its data, whole processes."""
