"""What holds for every test."""

import gc

import keras
import pytest


def pytest_configure():
    """Has TensorFlow run graphs as they were traced: of tiny steps the rewriting takes longer than all else.

    Programs that a test starts are rewritten as a user's are.
    """
    _rewrite_graphs(False)


def pytest_collection_modifyitems(items):
    """Has the longest test begin first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: "test_every_block_runs" not in item.name)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """Has fixtures, and then the test, draw the same, whatever ran before."""
    keras.utils.set_random_seed(0)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call():
    keras.utils.set_random_seed(1)


def pytest_collection_finish():
    """Spares the collector of garbage what was imported, which stays to the end."""
    gc.collect()
    gc.freeze()


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
