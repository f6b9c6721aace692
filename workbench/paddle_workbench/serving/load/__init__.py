"""Load for a server, what it has shown, and a bench that keeps such runs side by side."""

from .loading import LoadProgress, arrivals, describe, prepare_load, run_load

__all__ = ["LoadProgress", "arrivals", "describe", "prepare_load", "run_load"]
