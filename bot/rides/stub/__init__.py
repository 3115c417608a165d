"""Stand in for a ride provider: an HTTP server of its own, with its own memory and clock."""
