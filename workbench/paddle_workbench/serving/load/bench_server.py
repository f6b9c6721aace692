"""The server of a bench: one at an address, or one that is started for a bundle."""

from __future__ import annotations

import re
import weakref
from pathlib import Path
from time import monotonic, sleep

from ...contract.serving import ModelSettings
from ...errors import ServingError
from ...export.bundle_folder import BundleFolder
from ...export.examples import read_examples
from ...reading import expanded
from ..client import ServingClient
from ..local import LocalServer
from .counts import MetricsReader
from .inputs import inputs_from

__all__ = ["BenchServer"]

READY_S = 60.0
POLL_S = 0.05
# An address without http://.
_ADDRESS = re.compile(r"[\w.-]+:\d+(/|$)", re.ASCII)
KNOBS = ("batch", "wait_ms", "workers", "queue")

# By folder the bench server that has started a server last. A cell that is run again makes another
# bench, and the one before, which Jupyter keeps, would keep its processes too.
_started: weakref.WeakValueDictionary[Path, BenchServer] = weakref.WeakValueDictionary()


class BenchServer:
    """A server whose settings can be changed, or that can be started with others.

    Parameters
    ----------
    target : str or Path
        Address of a server, or path of a bundle, for which a server is started when it is needed.
        It ends with `close`, with this process, or when another one is started for the bundle.
    model : str, optional
        Not needed if the server has one model.
    token : str, optional
        Of the server at the address.

    Attributes
    ----------
    folder : Path or None
        The bundle.
    threads : int or None
        Of each predictor; None at an address.

    Raises
    ------
    BundleError
        If it is not a whole and unchanged bundle.
    ServingError
        If the address does not begin with http:// or https://, does not answer, or has several
        models.
    """

    def __init__(
        self, target: str | Path, *, model: str | None = None, token: str | None = None
    ) -> None:
        self.token = token
        self._local: LocalServer | None = None
        if _is_address(target):
            self.folder, self.threads = None, None
            self._url = str(target)
            self.model = model or self._only_model()
            self.settings = self._read()
        else:
            path = expanded(target)
            if isinstance(target, str) and _ADDRESS.match(target) and not path.exists():
                raise ServingError(
                    f"{target} is not a bundle, and as an address it is not complete.",
                    f"Begin an address with http://, such as http://{target}.",
                )
            opened = BundleFolder(path)
            self.folder, self.threads = path, 1
            self._url = ""
            self.model = opened.record.name
            self._opened = opened
            self.settings = ModelSettings()
            if model not in (None, self.model):
                raise ServingError(
                    f"The bundle is {self.model!r}, not {model!r}.", "Leave out model=."
                )

    @property
    def name(self) -> str:
        """The model, and where it is served."""
        return f"{self.model} · {self.folder or self._url}"

    @property
    def url(self) -> str:
        """The address; empty before a server is started."""
        return self._url

    @property
    def is_running(self) -> bool:
        """Whether a server that was started here runs."""
        return self._local is not None and self._local.status is None

    def default_inputs(self) -> list[object]:
        """Return the raw examples of the bundle, or the tensors of its samples.

        Raises
        ------
        ServingError
            If there is no bundle.
        """
        if self.folder is None:
            raise ServingError(
                f"The server {self._url} does not say what {self.model} expects.",
                "Pass inputs: ServingBench(url, inputs=[…]).",
            )
        return list(read_examples(self._opened.folder)) or inputs_from(samples=self.folder)

    def apply(self, settings: ModelSettings, threads: int | None) -> ModelSettings:
        """Serve with settings, and return them once all workers are ready.

        Parameters
        ----------
        settings : ModelSettings
        threads : int or None
            Another number of threads needs another server.

        Raises
        ------
        ServingError
            If the server does not start, answer, or get ready.
        """
        if self.folder is None:
            current = self._read()
        elif self.is_running and threads in (None, self.threads):
            current = self.settings
        else:
            self._start(settings, threads or self.threads or 1)
            current = self.settings
        changes = {
            name: getattr(settings, name)
            for name in KNOBS
            if getattr(settings, name) != getattr(current, name)
        }
        if changes:
            with self._client() as client:
                current = client.change_settings(self.model, **changes)
        self._wait_for_workers()
        self.settings = current
        return current

    def close(self) -> None:
        """End the server if it was started here."""
        if self._local is not None:
            self._local.close()
            self._local = None

    def _start(self, settings: ModelSettings, threads: int) -> None:
        assert self.folder is not None  # noqa: S101 - of a bundle
        before = _started.pop(self.folder, None)
        if before is not None:
            before.close()
        self.close()
        knobs = {name: getattr(settings, name) for name in KNOBS}
        self._local = LocalServer(self.folder, threads=threads, **knobs)
        self._url, self.threads = self._local.url, threads
        self.settings = ModelSettings(**knobs)
        _started[self.folder] = self

    def _client(self) -> ServingClient:
        return ServingClient(self._url, token=self.token, timeout_s=10.0)

    def _read(self) -> ModelSettings:
        with self._client() as client:
            return client.settings(self.model)

    def _only_model(self) -> str:
        with self._client() as client:
            names = client.models()
        if len(names) != 1:
            raise ServingError(
                f"The server has {len(names)} models.", f"Name one: model={names[0]!r}."
            )
        return names[0]

    def _wait_for_workers(self) -> None:
        deadline_s = monotonic() + READY_S
        with MetricsReader(self._url, self.model, self.token) as reader:
            while (counts := reader.read(["workers", "workers_wanted"])) is not None:
                # Of all versions of the model, of which the settings belong to one.
                ready, wanted = (
                    sum(counts.get(f"workbench_{name}", {}).values())
                    for name in ("workers", "workers_wanted")
                )
                if ready == wanted:
                    return
                if monotonic() > deadline_s:
                    raise ServingError(
                        f"{ready:.0f} of {wanted:.0f} workers are ready after {READY_S:g} s.",
                        "Set fewer workers, and look at the messages of the server.",
                    )
                sleep(POLL_S)


def _is_address(target: str | Path) -> bool:
    return isinstance(target, str) and target.startswith(("http://", "https://"))
