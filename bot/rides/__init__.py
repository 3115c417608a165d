"""Rides: the providers we ask for cars, the pins we send them to, and what a ride should cost."""
