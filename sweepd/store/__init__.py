"""All SQL and every file on disk. What leaves is a frozen copy, never a row."""
