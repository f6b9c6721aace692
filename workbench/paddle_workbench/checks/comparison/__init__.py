"""Compare outputs: one module for each kind of output."""
