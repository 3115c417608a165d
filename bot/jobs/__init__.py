"""Find fair-chance jobs and match them to people."""
