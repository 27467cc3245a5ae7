"""Pure search: sweep files, spaces, grid, random, bayes, early termination, importance.

Values in, values out: no I/O, no clock, no hidden randomness. The service's entry points are
`grammar.parse`, `grid.Grid`, `proposing.propose`, `stopping.decide` and `importance.importance`.
"""
