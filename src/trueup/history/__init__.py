"""Earlier runs: what is new since, what goes on, what was resolved, and what is waived."""
