"""What we are measured beside: hand-written SQL, and the usual ways of doing the same work."""
