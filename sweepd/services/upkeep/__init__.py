"""What keeps a server healthy: housekeeping, backups."""
