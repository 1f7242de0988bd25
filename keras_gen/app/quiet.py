"""What TensorFlow prints when it starts is kept back, and shown only if it does not; and one false alarm."""

import contextlib
import logging
import os
import signal
import sys

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_WELL, _ILL = b"\0well\0", b"\0ill\0"


@contextlib.contextmanager
def kept_back():
    """Context of imports. What native code prints in it is shown only if they fail, or crash.

    Its lines come by file descriptor 2, past Python. A child process holds them, since a crash would
    take them along. What Python prints to `sys.stderr` is shown as ever. Nothing is kept back where
    `TF_CPP_MIN_LOG_LEVEL` asks for more than errors.
    """
    asked = os.environ.setdefault(_LEVEL, "3")
    if asked not in ("2", "3") or "tensorflow" in sys.modules or not hasattr(os, "fork"):
        yield
        return
    sys.stderr.flush()
    shown = os.dup(2)
    held, inward = os.pipe()
    child = os.fork()
    if child == 0:
        _hold(held, inward, shown)
    os.close(held)
    os.dup2(inward, 2)
    os.close(inward)
    python, sys.stderr = sys.stderr, open(shown, "w", buffering=1, closefd=False)  # noqa: SIM115
    verdict = _ILL
    try:
        yield
        verdict = _WELL
    finally:
        os.write(2, verdict)
        os.waitpid(child, 0)
        os.dup2(shown, 2)
        # Handlers of logs may have taken hold of it: it stays open.
        python.flush()


def ignore_retracing():
    """Drops TensorFlow's warning of functions that are traced anew.

    It counts a function by its code: `predict` of several networks, each traced once, is one to it.
    """
    logging.getLogger("tensorflow").addFilter(_is_no_retracing)


def _is_no_retracing(record):
    return "triggered tf.function retracing" not in str(record.msg)


def _hold(held, inward, shown):
    """The child: reads until it hears the verdict, or its parent is gone."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.close(inward)
        lines = b""
        while not lines.endswith((_WELL, _ILL)):
            more = os.read(held, 65536)
            if not more:
                break
            lines += more
        if not lines.endswith(_WELL):
            os.write(shown, lines.removesuffix(_ILL))
    finally:
        os._exit(0)
