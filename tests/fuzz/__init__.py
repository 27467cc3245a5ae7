"""Whatever comes in, the server answers: no 5xx, no traceback, no answer that takes seconds."""
