"""Pages for people: addresses, a file per page, templates and static files."""
