"""Who there is, and what belongs to whom."""
