"""The chain of migrations: append-only, forward only."""
