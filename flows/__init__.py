"""Decide: what is said and done next, as pure functions over YAML content. No I/O, clock or randomness."""
