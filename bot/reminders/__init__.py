"""Plan what an appointment makes us send, within each person's hours."""
