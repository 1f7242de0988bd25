"""Ctrl-C and SIGTERM: a training that is stopped saves what it has, once its step is done."""

import contextlib
import signal
import sys
import threading

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


class Stopper:
    """Takes the signals of the system while it is open.

    Before the first step a signal stops the program at once. Later it waits until the step is done; a
    second one does not.

    Attributes:
        signal: The signal that came, or None.
        waits: Boolean, whether a signal waits for `check`.
    """

    def __init__(self):
        self.signal = None
        self.waits = False

    @contextlib.contextmanager
    def open(self):
        """Context in which signals are taken; only a program's main thread can."""
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        before = {number: signal.signal(number, self._take) for number in CODES}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @property
    def code(self):
        """The exit code that tells of the signal."""
        return CODES.get(self.signal, 130)

    def check(self):
        """Whether a signal is waiting."""
        return self.signal is not None

    def _take(self, number, frame):
        first, self.signal = self.signal is None, signal.Signals(number)
        if not (first and self.waits):
            raise KeyboardInterrupt
        sys.stderr.write("\nStopping after this step; once more to stop at once.\n")
