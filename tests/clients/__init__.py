"""The same work with every supported version of the client: `make clients`."""
