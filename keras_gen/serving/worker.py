"""One thread a model: it takes the requests that have queued, and calls the network once for those alike."""

from __future__ import annotations

import collections
import dataclasses
import logging
import threading
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np

from keras_gen.serving.limits import Limits, RefusedError, busy
from keras_gen.types import Array

_LOG = logging.getLogger("keras_gen.serving")


@dataclasses.dataclass
class Job:
    """A part of a batch.

    Args:
        key: What jobs have in common that may be run together; None of one that is run by itself.
        arrays: Tuple of arrays `(n, ...)`, or an empty one of a job that is run by itself.
        call: Function of arrays of that form, to a tuple of arrays of as many examples.
        size: Integer, how many examples it is.
        future: What becomes of it.
    """

    key: Hashable
    arrays: tuple[Array, ...]
    call: Callable[..., Any]
    size: int
    future: Future = dataclasses.field(default_factory=Future)


class Worker:
    """Runs jobs in their order, those of one key together, up to a batch.

    A batch is filled up to a power of two by repeating its last example, so that few sizes are compiled.

    Args:
        limits: `Limits`.
        warm_up: Function without arguments that is called before the first job.
        seen: Function of the number of examples of a call of the network, or None.
    """

    def __init__(
        self,
        limits: Limits,
        warm_up: Callable[[], object] = lambda: None,
        seen: Callable[[int], object] | None = None,
    ) -> None:
        self.limits = limits
        self.ready = threading.Event()
        self._warm_up = warm_up
        self._seen = seen or (lambda count: None)
        self._jobs: collections.deque[Job] = collections.deque()
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __len__(self):
        return len(self._jobs)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread after the call that it is at; who waits is refused."""
        with self._changed:
            self._stopped = True
            left = list(self._jobs)
            self._jobs.clear()
            self._changed.notify()
        for job in left:
            if job.future.set_running_or_notify_cancel():
                job.future.set_exception(RefusedError(503, "The server is being stopped."))
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def submit(
        self, key: Hashable, arrays: Sequence[Array], call: Callable[..., Any], size: int
    ) -> Future[Any]:
        """Queues a job: see `Job`.

        Args:
            key: As in `Job`, and so are `arrays`, `call` and `size`.
            arrays: As in `Job`.
            call: As in `Job`.
            size: As in `Job`.

        Returns:
            `Future` of what `call` gives.

        Raises:
            RefusedError: If too many wait.
        """
        job = Job(key, tuple(arrays), call, size)
        with self._changed:
            if self._stopped:
                raise RefusedError(503, "The server is being stopped.")
            if len(self._jobs) >= self.limits.queue:
                self._drop_cancelled()
            if len(self._jobs) >= self.limits.queue:
                raise busy(f"The queue is full: {len(self._jobs)} requests wait for this model.")
            self._jobs.append(job)
            self._changed.notify()
        return job.future

    def _run(self):
        try:
            self._warm_up()
        except Exception:
            _LOG.exception("A model could not be warmed up")
        self.ready.set()
        while jobs := self._next():
            jobs = [job for job in jobs if job.future.set_running_or_notify_cancel()]
            if jobs:
                self._answer(jobs)

    def _drop_cancelled(self):
        """Lets go of jobs whose requests were answered that it took too long."""
        self._jobs = collections.deque(job for job in self._jobs if not job.future.cancelled())

    def _next(self):
        """The jobs of the next batch; None when it is time to stop."""
        with self._changed:
            self._drop_cancelled()
            while not self._jobs and not self._stopped:
                self._changed.wait()
            if self._stopped:
                return None
            first = self._jobs.popleft()
            jobs, left, room = [first], [], self.limits.batch - first.size
            while self._jobs and first.key is not None and room > 0:
                job = self._jobs.popleft()
                # Once one of the key has no room, those behind it do not overtake it.
                if job.key == first.key and job.size <= room:
                    jobs.append(job)
                    room -= job.size
                elif job.key == first.key:
                    left.append(job)
                    room = 0
                else:
                    left.append(job)
            self._jobs.extendleft(reversed(left))
            return jobs

    def _answer(self, jobs):
        try:
            results = self._call(jobs)
        except Exception as error:
            if len(jobs) > 1:  # The fault of one is not the others'.
                for job in jobs:
                    self._answer([job])
            else:
                jobs[0].future.set_exception(error)
            return
        for job, result in zip(jobs, results, strict=True):
            job.future.set_result(result)

    def _call(self, jobs):
        call = jobs[0].call
        if jobs[0].key is None:
            if jobs[0].size:  # None of what only draws.
                self._seen(jobs[0].size)
            return [call(*jobs[0].arrays)]
        arrays = [np.concatenate(parts) for parts in zip(*(j.arrays for j in jobs), strict=True)]
        made = []
        for start in range(0, len(arrays[0]), self.limits.batch):
            parts = [array[start : start + self.limits.batch] for array in arrays]
            count = len(parts[0])
            self._seen(count)
            outputs = call(*(_filled_up(part, self.limits.batch) for part in parts))
            made.append([output[:count] for output in outputs])
        whole = [np.concatenate(parts) for parts in zip(*made, strict=True)]
        ends = np.cumsum([job.size for job in jobs[:-1]])
        return list(zip(*(np.split(output, ends) for output in whole), strict=True))


def _filled_up(array, most):
    """An array of as many examples as the next power of two, or `most` where that is less."""
    size = max(len(array), min(1 << (len(array) - 1).bit_length(), most))
    return np.concatenate([array, array[-1:].repeat(size - len(array), axis=0)])
