"""What all replicas count, as one text in the format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

__all__ = ["merged"]


def merged(texts: Sequence[tuple[str, bytes]]) -> bytes:
    """Return one text with the values of all, each with its replica as a label.

    Parameters
    ----------
    texts : sequence of pairs
        The name of a replica, and what it counts.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Merged(texts))
    return generate_latest(registry)


class _Merged(Collector):
    def __init__(self, texts: Sequence[tuple[str, bytes]]) -> None:
        self._texts = texts

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for replica, text in sorted(self._texts):
            for family in _families(text):
                whole = families.setdefault(
                    family.name, Metric(family.name, family.documentation, family.type)
                )
                for sample in family.samples:
                    whole.add_sample(
                        sample.name, sample.labels | {"replica": replica}, sample.value
                    )
        return families.values()


def _families(text: bytes) -> Iterator[Metric]:
    yield from text_string_to_metric_families(text.decode())
