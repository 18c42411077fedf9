"""What a run says, for people: stored once as run.json, and everything else drawn from that."""
