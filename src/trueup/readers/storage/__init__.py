"""Buckets of S3, listed and never changed: a list that a whole run shares, streamed from disk."""
