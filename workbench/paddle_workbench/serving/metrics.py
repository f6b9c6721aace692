"""What a server counts, in the format of Prometheus; the same names on every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from time import monotonic

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

__all__ = ["Metrics", "ModelMetrics"]

_SECONDS = (
    *(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0),
)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128)
_MODEL = ("model", "version")


class Metrics:
    """The metrics of one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, about: str, *labels: str) -> Counter:
            return Counter(f"workbench_{name}", about, labels, registry=self.registry)

        def histogram(name: str, about: str, buckets: Sequence[float]) -> Histogram:
            return Histogram(
                f"workbench_{name}", about, _MODEL, buckets=buckets, registry=self.registry
            )

        self.requests = counter(
            "requests", "Requests by their status.", "model", "version", "route", "code"
        )
        self.request_seconds = Histogram(
            "workbench_request_seconds",
            "Time from a request's first byte to its answer.",
            ("model", "version", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.inputs = counter("inputs", "Inputs that were answered.", *_MODEL)
        self.batch_rows = histogram("batch_rows", "Rows of a batch.", _ROWS)
        self.wait_seconds = histogram("wait_seconds", "Time of an input in the queue.", _SECONDS)
        self.predict_seconds = histogram(
            "predict_seconds", "Time of a batch in the predictor.", _SECONDS
        )
        self.start_seconds = histogram(
            "worker_start_seconds", "Time in which a worker opened its predictor.", _SECONDS
        )
        self.restarts = counter("worker_restarts", "Workers that ended by themselves.", *_MODEL)

    def count_request(
        self, version_of_model: tuple[str, str] | None, route: str, status: int, seconds: float
    ) -> None:
        """Count a request that has ended, and its time if it was for a model.

        Parameters
        ----------
        version_of_model : tuple of two str, optional
            The model and its version.
        route : str
        status : int
            Of HTTP; 499 if the client has gone.
        seconds : float
        """
        model, version = version_of_model or ("", "")
        self.requests.labels(model, version, route, status).inc()
        if version_of_model is not None:
            self.request_seconds.labels(model, version, route).observe(seconds)

    async def text(self) -> bytes:
        """Return all values, in the format of Prometheus."""
        return generate_latest(self.registry)

    def for_model(self, model: str, version: str) -> ModelMetrics:
        """Return the metrics of one version of a model."""
        return ModelMetrics(self, model, version)

    def watch(self, name: str, about: str, labels: Sequence[str], values: _Values) -> None:
        """Add a gauge whose values are read when the metrics are, or a counter.

        Parameters
        ----------
        name, about : str
            A name that ends with `_total` is that of a counter.
        labels : sequence of str
        values : callable
            Returns pairs of the values of the labels and the value.
        """
        self.registry.register(_Watched(f"workbench_{name}", about, labels, values))

    def gauge(self, name: str, about: str, labels: Sequence[str]) -> Gauge:
        """Return a new gauge."""
        return Gauge(f"workbench_{name}", about, labels, registry=self.registry)


_Values = Callable[[], Iterable[tuple[Sequence[str], float]]]
_Family = CounterMetricFamily | GaugeMetricFamily


class _Watched(Collector):
    def __init__(self, name: str, about: str, labels: Sequence[str], values: _Values) -> None:
        self._name, self._about, self._labels, self._values = name, about, labels, values

    def collect(self) -> Iterable[_Family]:
        family = self._empty()
        for labels, value in self._values():
            family.add_metric(labels, value)
        yield family

    def describe(self) -> Iterable[_Family]:
        return [self._empty()]

    def _empty(self) -> _Family:
        kind = CounterMetricFamily if self._name.endswith("_total") else GaugeMetricFamily
        return kind(self._name, self._about, labels=self._labels)


class ModelMetrics:
    """The metrics of one version of a model.

    Parameters
    ----------
    metrics : Metrics
    model, version : str
    """

    def __init__(self, metrics: Metrics, model: str, version: str) -> None:
        labels = (model, version)
        self._inputs = metrics.inputs.labels(*labels)
        self._rows = metrics.batch_rows.labels(*labels)
        self._wait = metrics.wait_seconds.labels(*labels)
        self._predict = metrics.predict_seconds.labels(*labels)
        self._start = metrics.start_seconds.labels(*labels)
        self._restarts = metrics.restarts.labels(*labels)

    def taken(self, rows: int, arrived_s: Iterable[float]) -> None:
        """Count a batch that a worker has taken.

        Parameters
        ----------
        rows : int
        arrived_s : iterable of float
            When its inputs arrived, as of `time.monotonic`.
        """
        now = monotonic()
        self._rows.observe(rows)
        for instant in arrived_s:
            self._wait.observe(now - instant)

    def answered(self, inputs: int, predict_s: float) -> None:
        """Count a batch that a worker has answered."""
        self._inputs.inc(inputs)
        self._predict.observe(predict_s)

    def ready_in(self, seconds: float) -> None:
        """Count a worker that has become ready."""
        self._start.observe(seconds)

    def restarted(self) -> None:
        """Count a worker that is replaced."""
        self._restarts.inc()
