"""Runs of a large project as columns in memory, which filters, orders and pages' tables read."""
