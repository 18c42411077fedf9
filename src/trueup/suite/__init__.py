"""The suite as pytest runs it: its items, what they are asked with, and the run they make."""
