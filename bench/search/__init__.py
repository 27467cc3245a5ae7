"""Measure the search: regret beside other engines, time per ask, ablations."""
