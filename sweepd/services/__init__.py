"""What the product does, in the field's words: no HTTP, no SQL."""
