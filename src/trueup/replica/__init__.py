"""Reading production: a guarded session, and questions that can only be questions."""
