"""Runs of other tools are taken in."""
