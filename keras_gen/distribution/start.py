"""Starting what several devices need, by the name of a strategy."""

import importlib

import keras

from keras_gen.distribution.devices import Devices

# Which strategies each backend has; "auto" is everywhere.
STRATEGIES = {
    "tensorflow": ("mirrored", "multiworker", "tpu"),
    "jax": ("data-parallel",),
    "torch": ("data-parallel",),
}


def start(strategy: str = "auto") -> Devices:
    """Starts a strategy: at the beginning of a program, before tensors and models are made.

    On TensorFlow `"mirrored"` is `tf.distribute.MirroredStrategy` over this machine's GPUs,
    `"multiworker"` `MultiWorkerMirroredStrategy`, which reads `TF_CONFIG`, and `"tpu"` `TPUStrategy`
    on the TPU that `TPU_NAME` names, or on the machine's own. On JAX `"data-parallel"` is
    `keras.distribution.DataParallel` over all devices, of several processes where
    `KERAS_DISTRIBUTION_JOB_ADDRESSES`, `KERAS_DISTRIBUTION_NUM_PROCESSES` and
    `KERAS_DISTRIBUTION_PROCESS_ID` say so. On PyTorch it joins the processes that `torchrun` started,
    each with a GPU of its own, or with CPUs.

    Batch sizes are those of all replicas together. BatchNormalization takes the statistics of its
    replica's part of a batch on TensorFlow and PyTorch, and the whole batch's on JAX. On TensorFlow
    `normalization="synchronized_batch"` of the networks, or `synchronized=True` of Keras's layer, takes
    the whole batch's. The averages of the first replica are kept. An `ImagePool` is filled by the first
    replica.

    Args:
        strategy: String: one of the backend's own in `STRATEGIES`, or `"auto"`, which takes several
            processes where the environment tells of them, else several accelerators where there are
            such, else nothing.

    Returns:
        `Devices`.

    Raises:
        ValueError: If the backend has no such strategy, or what it needs is missing.

    Example:
    >>> devices = start("auto")
    >>> with devices.scope():
    ...     model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> devices.is_chief
    True
    """
    backend = keras.backend.backend()
    own = STRATEGIES[backend]
    if strategy not in ("auto", *own):
        raise ValueError(
            f"`strategy` must be one of auto, {', '.join(own)} on {backend}. "
            f"Received: strategy={strategy!r}"
        )
    module = importlib.import_module(f"keras_gen.distribution.{backend}_devices")
    if strategy == "auto":
        strategy = module.find_strategy()
    return Devices() if strategy is None else module.start(strategy)
