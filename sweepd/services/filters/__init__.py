"""What the client's filters and orders mean, for each noun."""
