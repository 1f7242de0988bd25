"""What holds for every test."""

import collections
import gc
import os
import time

# As commands do, whose results tests hold against their own bit by bit; before Keras imports TensorFlow.
os.environ |= {"TF_ENABLE_ONEDNN_OPTS": "1", **os.environ}

import keras
import pytest

from tests.__main__ import UNTIL

# Set by `python -m tests --minutes`.
END = float(os.environ.get(UNTIL, "inf"))
TIME_IS_UP = "no time was left for it"
# A long test, and files whose tests wait for one long setup.
WHOLE = (
    "test_every_block_runs",
    "tests/test_backends_agree.py",
    "tests/distribution/test_replicas.py",
)


def pytest_configure():
    """Has TensorFlow run graphs as they were traced: of tiny steps the rewriting takes longer than all else.

    Programs that a test starts are rewritten as a user's are.
    """
    _rewrite_graphs(False)


def pytest_collection_modifyitems(items):
    """Has what can't be shared out begin first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: not any(name in item.nodeid for name in WHOLE))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Has fixtures, and then the test, draw the same, whatever ran before; begins no slow test too late."""
    if time.time() > END and item.get_closest_marker("slow"):
        pytest.skip(TIME_IS_UP)
    keras.utils.set_random_seed(0)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call():
    keras.utils.set_random_seed(1)


def pytest_collection_finish():
    """Spares the collector of garbage what was imported, which stays to the end."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter, config):
    """Says which files took the longest: seconds of their calls, setups, teardowns; and what was not run."""
    if not config.option.durations:
        return
    seconds = collections.Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.nodeid.split("::")[0]] += report.duration
    terminalreporter.section(f"slowest files of {seconds.total():.0f} s")
    for file, total in seconds.most_common(25):
        terminalreporter.line(f"{total:7.1f} s  {file}")
    late = sum(
        TIME_IS_UP in str(report.longrepr) for report in terminalreporter.getreports("skipped")
    )
    if late:
        terminalreporter.section(f"NOT RUN: {late} slow tests, for which no time was left")


@pytest.fixture
def rewritten_graphs():
    """Has this process, too, run what a user's would, for tests that hold it against one to the last bit."""
    _rewrite_graphs(True)
    yield
    _rewrite_graphs(False)


def _rewrite_graphs(wanted):
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": not wanted})
