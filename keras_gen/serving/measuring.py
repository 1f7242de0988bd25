"""What is counted, for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import prometheus_client

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Measures:
    """Counters of one server, in a registry of their own."""

    def __init__(self) -> None:
        registry = prometheus_client.CollectorRegistry()
        self.registry = registry
        self.requests = prometheus_client.Counter(
            "keras_gen_requests", "Requests.", ["route", "status"], registry=registry
        )
        self.seconds = prometheus_client.Histogram(
            "keras_gen_request_seconds",
            "From a request to its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.examples = prometheus_client.Counter(
            "keras_gen_images", "Images, or rows, that a model made.", ["model"], registry=registry
        )
        self.batches = prometheus_client.Histogram(
            "keras_gen_batch_size",
            "Examples in one call of a model.",
            ["model"],
            buckets=_SIZES,
            registry=registry,
        )
        self.queue = prometheus_client.Gauge(
            "keras_gen_queue_length", "Requests that wait.", ["model"], registry=registry
        )

    def count(self, route: str | None, status: int, seconds: float) -> None:
        """Counts a request.

        Args:
            route: String, or None of one that there is not: addresses of others' making are no labels.
            status: Integer.
            seconds: Float.
        """
        route = route or "none"
        self.requests.labels(route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def count_batch(self, model: str, examples: int) -> None:
        """Counts a call of a model.

        Args:
            model: String.
            examples: Integer.
        """
        self.examples.labels(model).inc(examples)
        self.batches.labels(model).observe(examples)

    def watch(self, models: Mapping[str, Any]) -> None:
        """Has the queues' lengths read when they are asked for.

        Args:
            models: Dict of `Served`.
        """
        for name, served in models.items():
            self.queue.labels(name).set_function(lambda worker=served.worker: len(worker))

    def text(self) -> bytes:
        """What Prometheus reads."""
        return prometheus_client.generate_latest(self.registry)
