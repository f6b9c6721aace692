"""The composition root of the server.

It imports as little as possible, since this slows every start of a Jupyter server down. The first
request to one of the routes loads them, and pydantic with them.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.routing import PathMatches, Router, Rule
from tornado.web import Application
from traitlets import Bool, Float, Int, Unicode

from ..errors import WorkbenchError
from ..settings import (
    CELL_OUTPUT_VARIABLE,
    COURSE_VARIABLE,
    HOME_VARIABLE,
    NOTEBOOK_OUTPUT_VARIABLE,
    language,
    output_limits,
    settings,
)
from .worker_threads import end_workers_at_exit

if TYPE_CHECKING:
    from .kernel_connections import OutputKeeper
    from .services import Services

__all__ = ["LAB_VARIABLE", "PREFIX", "WorkbenchExtension"]

LAB_VARIABLE = "PADDLE_WORKBENCH_LAB"
PREFIX = "paddle-workbench"
# By name, since nbconvert is only loaded when a notebook is converted.
WIDGET_CONVERTER = "paddle_workbench.widgets.converted_widgets.ConvertedWidgets"


class _LateRouter(Router):
    """Loads the routes and creates the services when the first request to a route arrives."""

    def __init__(
        self, application: Application, prefix: str, *, workers: int, outputs: OutputKeeper | None
    ) -> None:
        self.services: Services | None = None
        self._outputs = outputs
        self._application = application
        self._prefix = prefix
        self._workers = workers
        self._routes: Router | None = None

    def find_handler(
        self, request: HTTPServerRequest, **_options: object
    ) -> HTTPMessageDelegate | None:
        if self._routes is None:
            from .routes import RouteTable
            from .services import make_services

            root = Path(self._application.settings["server_root_dir"])
            self.services = make_services(
                settings(), root, workers=self._workers, outputs=self._outputs
            )
            self._routes = RouteTable(self._application, self._prefix, self.services)
        return self._routes.find_handler(request)


class WorkbenchExtension(ExtensionApp):
    """Adds the routes of the workbench to a Jupyter server."""

    name = "paddle_workbench"

    home = Unicode("", config=True, help="The learner's home, by default ~/paddle-workbench.")
    course = Unicode(
        "", config=True, help="The folder with course.json, by default the installed course."
    )
    cell_output_mb = Float(
        0.0,
        config=True,
        help="Output of a cell that checks and runs keep, in MB, by default 20.",
    )
    notebook_output_mb = Float(
        0.0,
        config=True,
        help="Output of a notebook that checks and runs keep, in MB, by default 100.",
    )
    keep_outputs = Bool(
        default_value=True,
        config=True,
        help="Keep the outputs of cells that run while their page is closed, for its return.",
    )
    jobs = Int(2, min=1, config=True, help="Number of background jobs that run at the same time.")

    _router: _LateRouter | None = None
    _outputs: OutputKeeper | None = None

    def initialize_settings(self) -> None:
        """Log the course and the home; configure the front end and nbconvert's HTML."""
        self._export_traits()
        directories = settings()
        self.log.info("Paddle Workbench: course %s, home %s", directories.course, directories.home)
        server = self._server().web_app.settings
        server["config"].HTMLExporter.preprocessors.append(WIDGET_CONVERTER)
        page_config = server.setdefault("page_config_data", {})
        page_config["paddleWorkbenchLab"] = "true" if os.environ.get(LAB_VARIABLE) else "false"
        page_config["paddleWorkbenchLanguage"] = language()

    def initialize_handlers(self) -> None:
        """Register a router for everything under the prefix."""
        application = self._server().web_app
        # Not earlier: the settings from before `initialize_settings` replace those made there.
        if self.keep_outputs:
            self._keep_outputs(application.settings)
        prefix = url_path_join(application.settings["base_url"], PREFIX, "/")
        self._router = _LateRouter(application, prefix, workers=self.jobs, outputs=self._outputs)
        rule = Rule(PathMatches(f"{re.escape(prefix)}.*"), self._router)
        # The position at which `add_handlers` adds rules; it accepts only handlers, not routers.
        application.default_router.rules.insert(-1, rule)

    async def stop_extension(self) -> None:
        """Cancel active jobs, so that no kernel is left behind, and let the process end."""
        end_workers_at_exit()
        if self._outputs is not None:
            self._outputs.close()
        if self._router is not None and self._router.services is not None:
            await asyncio.to_thread(self._router.services.close)

    def _keep_outputs(self, server: dict[str, Any]) -> None:
        """Listen to the kernels of this server, unless they belong to another server."""
        from .kernel_connections import KEEPER_SETTING, KeepingConnection, OutputKeeper

        if not issubclass(KeepingConnection, server["kernel_websocket_connection_class"]):
            return
        try:
            limits = output_limits()
        except WorkbenchError as error:
            self.log.warning("Outputs of cells are not kept: %s", error)
            return
        self._outputs = server[KEEPER_SETTING] = OutputKeeper(server["kernel_manager"], limits)
        server["kernel_websocket_connection_class"] = KeepingConnection

    def _export_traits(self) -> None:
        """Export the traits as environment variables, for kernels, terminals and child processes.

        A variable that is already set takes precedence over its trait.
        """
        traits = {
            HOME_VARIABLE: self.home,
            COURSE_VARIABLE: self.course,
            CELL_OUTPUT_VARIABLE: self.cell_output_mb or "",
            NOTEBOOK_OUTPUT_VARIABLE: self.notebook_output_mb or "",
        }
        for variable, value in traits.items():
            if value:
                os.environ.setdefault(variable, str(value))

    def _server(self) -> ServerApp:
        if self.serverapp is None:
            raise RuntimeError("The extension is not linked to a server.")
        return self.serverapp
