"""The client's protocol, answered exactly. See PROTOCOL.md."""
