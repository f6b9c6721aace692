"""The composition root of the server side.

Imports little on purpose: every start of a Jupyter server pays for it. The routes, with pydantic
behind them, are loaded by the first request to one of them.
"""

from __future__ import annotations

import os
import re

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.routing import PathMatches, Router, Rule
from tornado.web import Application

from ..settings import language, settings

__all__ = ["LAB_VARIABLE", "PREFIX", "WorkbenchExtension"]

LAB_VARIABLE = "PADDLE_WORKBENCH_LAB"
PREFIX = "paddle-workbench"


class WorkbenchExtension(ExtensionApp):
    """Adds the routes of the workbench to a Jupyter server."""

    name = "paddle_workbench"

    def initialize_settings(self) -> None:
        """Say where the course and the home are, and what the front end starts with."""
        found = settings()
        self.log.info("Paddle Workbench: course %s, home %s", found.course, found.home)
        self.settings["paddle_workbench_settings"] = found
        page_config = self._server().web_app.settings.setdefault("page_config_data", {})
        page_config["paddleWorkbenchLab"] = "true" if os.environ.get(LAB_VARIABLE) else "false"
        page_config["paddleWorkbenchLanguage"] = language()

    def initialize_handlers(self) -> None:
        """Register everything under the prefix."""
        application = self._server().web_app
        prefix = url_path_join(application.settings["base_url"], PREFIX, "/")
        rule = Rule(PathMatches(f"{re.escape(prefix)}.*"), _LateRouter(application, prefix))
        # Where `add_handlers` would put it; that takes handlers only, and they are not loaded yet.
        application.default_router.rules.insert(-1, rule)

    async def stop_extension(self) -> None:
        """End the checks that still run, so that no kernel is left behind."""
        for check in self.settings.get("paddle_workbench_checks", {}).values():
            check.cancel()

    def _server(self) -> ServerApp:
        if self.serverapp is None:
            raise RuntimeError("The extension is not linked to a server.")
        return self.serverapp


class _LateRouter(Router):
    """Loads the routes when the first request for one of them arrives."""

    def __init__(self, application: Application, prefix: str) -> None:
        self._application = application
        self._prefix = prefix
        self._routes: Router | None = None

    def find_handler(
        self, request: HTTPServerRequest, **_options: object
    ) -> HTTPMessageDelegate | None:
        if self._routes is None:
            from .routes import RouteTable

            self._routes = RouteTable(self._application, self._prefix)
        return self._routes.find_handler(request)
