"""Files of runs, and the keeping of stored bytes."""
