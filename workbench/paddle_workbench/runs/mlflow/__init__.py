"""Mirroring runs to MLflow, where MLFLOW_TRACKING_URI is set.

A process of its own reads the folder of the run and sends what is new: a slow or dead server does
not delay the run, and importing MLflow's client does not either. Whatever fails there is a warning
in the record of the run.
"""

from .mirror import MlflowMirror

__all__ = ["MlflowMirror"]
