"""Read what people type: one module per kind of answer, each unsure rather than wrong."""
