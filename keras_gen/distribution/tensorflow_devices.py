"""Strategies of `tf.distribute`."""

import json
import os

import tensorflow as tf

from keras_gen.distribution.devices import Devices


def find_strategy():
    """Name of the strategy that environment and devices call for, or None."""
    if "cluster" in _cluster_config():
        return "multiworker"
    if os.environ.get("TPU_NAME"):
        return "tpu"
    return "mirrored" if len(tf.config.list_physical_devices("GPU")) > 1 else None


def start(strategy):
    """Starts a strategy; see `keras_gen.distribution.start`."""
    if strategy == "multiworker":
        return _start_workers()
    distribution = _start_tpu() if strategy == "tpu" else _start_mirrored()
    return Devices(strategy, replicas=distribution.num_replicas_in_sync, scope=distribution.scope)


def _start_mirrored():
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def _start_tpu():
    name = os.environ.get("TPU_NAME", "local")
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver.connect(name)
        return tf.distribute.TPUStrategy(resolver)
    except (ValueError, tf.errors.OpError) as error:
        raise ValueError(
            "`strategy='tpu'` needs a TPU: the machine's own, or the one that TPU_NAME names. "
            f"Received: TPU_NAME={os.environ.get('TPU_NAME')!r} ({str(error).splitlines()[0]})"
        ) from error


def _start_workers():
    task = _cluster_config().get("task")
    if task is None:
        raise ValueError(
            "`strategy='multiworker'` needs TF_CONFIG, with the addresses of all workers and this "
            f"one's number. Received: TF_CONFIG={os.environ.get('TF_CONFIG')!r}"
        )
    distribution = tf.distribute.MultiWorkerMirroredStrategy()
    cluster = distribution.cluster_resolver.cluster_spec().as_dict()
    chiefs, workers = (len(cluster.get(kind, ())) for kind in ("chief", "worker"))
    replicas = distribution.num_replicas_in_sync

    def distribute(batches):
        local = replicas // (chiefs + workers)
        if local > 1:
            steps, size = (
                int(batches.cardinality()),
                tf.nest.flatten(batches.element_spec)[0].shape[0],
            )
            batches = batches.rebatch(size // local, drop_remainder=True)
            batches = batches.apply(tf.data.experimental.assert_cardinality(steps * local))
        return distribution.distribute_datasets_from_function(lambda context: batches)

    return Devices(
        "multiworker",
        process=int(task["index"]) + (chiefs if task["type"] == "worker" else 0),
        processes=chiefs + workers,
        replicas=replicas,
        scope=distribution.scope,
        distribute=distribute,
    )


def _cluster_config():
    return json.loads(os.environ.get("TF_CONFIG") or "{}")
