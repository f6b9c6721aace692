"""The names by which Ray finds parts of this package, also in files."""

from __future__ import annotations

__all__ = ["BUILDER", "DEPLOYMENT", "GRPC_FUNCTION", "MIDDLEWARES"]

BUILDER = "paddle_workbench.serving.replicas.application:build"
DEPLOYMENT = "replicas"
GRPC_FUNCTION = "paddle_workbench.serving.grpc_stubs.registration:add_inference_service"
MIDDLEWARES = "paddle_workbench.serving.replicas.proxy:middlewares"
"""The value of RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH."""
