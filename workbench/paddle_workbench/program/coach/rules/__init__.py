"""Rules about what Paddle rejects, breaks or silently changes, each with a repair."""
