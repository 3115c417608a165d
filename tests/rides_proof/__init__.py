"""`make rides-proof`: rides in all weather, and the money that pays for them; figures, and 1 for a fault."""
