"""The state of every run while it changes."""
