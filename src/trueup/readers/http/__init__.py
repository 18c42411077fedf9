"""Addresses that anybody may ask, asked as a browser or a monitor would."""
