"""Kill Onward over and over while people text, and count what was lost, doubled or left lying."""
