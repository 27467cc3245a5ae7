"""Plain values, states, ids and errors: no I/O, open to every layer but search."""
