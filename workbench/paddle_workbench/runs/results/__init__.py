"""Results of runs, side by side."""
