"""What else is only read, beside a replica: Stripe."""
