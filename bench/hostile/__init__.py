"""What one person, or a stranger, can do to the server, and what another's agent notices of it."""
