"""Traces of networks and functions, with the line and layer that made each op."""
