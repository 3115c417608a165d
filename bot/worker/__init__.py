"""Carry out what turns decided: one module per family of due rows."""
