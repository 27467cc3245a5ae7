"""Measure whether several servers hand out as one: kills, a wrong clock, everything over all."""
