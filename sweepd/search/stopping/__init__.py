"""Early termination: which running runs are to stop."""
