"""Plain data, without input or output: what the rest of Trueup passes along."""
