"""The keys that the site knows: one may only read, the other may change things too."""

READER, WRITER = "key-of-the-samples-reader", "key-of-the-samples-writer"

SECRETS = {READER: f"secret-of-{READER}", WRITER: f"secret-of-{WRITER}"}
"""What each signs its requests to S3 with."""

SAMPLE_KEY = "the sample's key"
"""Where a key of the sample comes from, in the place of a variable."""
