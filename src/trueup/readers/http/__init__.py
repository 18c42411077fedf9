"""Addresses outside, asked and never told anything: GET and OPTIONS, and the key each asks for."""
