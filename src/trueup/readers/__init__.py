"""What else is only read, beside a replica: Stripe, addresses, and buckets of S3."""
