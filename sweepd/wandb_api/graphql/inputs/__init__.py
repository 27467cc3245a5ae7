"""What mutations are given: a dataclass for each input type of the schema, by noun."""
