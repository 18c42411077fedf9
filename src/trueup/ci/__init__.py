"""What scheduled runs need around them: issues, a switch that notices silence, kept history."""
