"""Sweeps: their life, and which config goes out next."""
