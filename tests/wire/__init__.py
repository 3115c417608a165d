"""Providers seen from the other end of the wire: loopback servers that record calls and can misbehave."""
