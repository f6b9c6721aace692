"""The composition root of the server side."""

from __future__ import annotations

import os

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join

from ..settings import Settings, language, settings
from .routes import PREFIX, ROUTES

__all__ = ["WorkbenchExtension"]

LAB_VARIABLE = "PADDLE_WORKBENCH_LAB"


class WorkbenchExtension(ExtensionApp):
    """Adds the routes of the workbench to a Jupyter server."""

    name = "paddle_workbench"

    def initialize_settings(self) -> None:
        """Say where the course and the home are, and what the front end starts with."""
        self.settings["paddle_workbench_settings"] = self._found_settings()
        page_config = self._server().web_app.settings.setdefault("page_config_data", {})
        page_config["paddleWorkbenchLab"] = "true" if os.environ.get(LAB_VARIABLE) else "false"
        page_config["paddleWorkbenchLanguage"] = language()

    def initialize_handlers(self) -> None:
        """Register one handler for each path."""
        handlers = {url_path_join(PREFIX, route.path): route.handler for route in ROUTES}
        self.handlers.extend((rf"/{path}", handler) for path, handler in handlers.items())

    def _found_settings(self) -> Settings:
        found = settings()
        self.log.info("Paddle Workbench: course %s, home %s", found.course, found.home)
        return found

    def _server(self) -> ServerApp:
        if self.serverapp is None:
            raise RuntimeError("The extension is not linked to a server.")
        return self.serverapp
