"""Comparing outputs: one module for each kind of what a cell can show."""
