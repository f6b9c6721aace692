"""Explains why code is missing from the graph or behaves differently there, with repairs."""
