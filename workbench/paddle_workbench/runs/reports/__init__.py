"""Runs and sweeps as pages, and the commands that repeat them."""
