"""Lines of JSON as compressed columns, one a key: bytes in, bytes out, nothing of databases."""
