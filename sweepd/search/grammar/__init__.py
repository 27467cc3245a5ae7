"""Sweep files: read, checked, and every finding named."""
