"""Workspaces and reports."""
