"""The only code that writes: plan, apply, prove, journal, undo."""
