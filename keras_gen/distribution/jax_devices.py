"""Data parallelism of `keras.distribution`."""

import os

import jax
import keras

from keras_gen.distribution.devices import Devices


def find_strategy():
    """Name of the strategy that environment and devices call for, or None."""
    if _has_processes():
        return "data-parallel"
    several = jax.default_backend() != "cpu" and jax.device_count() > 1
    return "data-parallel" if several else None


def start(strategy):
    """Starts a strategy; see `keras_gen.distribution.start`."""
    if _has_processes() and not jax.distributed.is_initialized():
        keras.distribution.initialize()
    distribution = keras.distribution.DataParallel(auto_shard_dataset=False)
    keras.distribution.set_distribution(distribution)
    return Devices(
        strategy,
        process=jax.process_index(),
        processes=jax.process_count(),
        replicas=jax.device_count(),
    )


def _has_processes():
    return int(os.environ.get("KERAS_DISTRIBUTION_NUM_PROCESSES") or 1) > 1
