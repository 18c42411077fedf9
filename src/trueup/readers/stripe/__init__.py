"""Stripe, read and never written: lists that a whole run shares, and objects looked at again."""
