"""Trained networks as bundles: exported to other runtimes, and equal there or refused."""
