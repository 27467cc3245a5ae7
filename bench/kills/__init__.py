"""Measure what is lost when the server is killed under runs, files and artifacts."""
