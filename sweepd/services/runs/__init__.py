"""Runs: their life, what they send, what is shown of them."""
