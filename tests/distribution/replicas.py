"""Trains a model of every family on two devices, or in two processes: run by test_replicas.py.

    python -m tests.distribution.replicas OUTPUT

Writes a JSON file: by model, the weights before, those after three steps on one device with the whole
batch, and those after three steps on two; what became of the models with BatchNormalization; latents.
"""

import contextlib
import json
import os
import pathlib
import sys
import warnings

import keras
import numpy as np

from tests.cases import UNTRACED

BACKEND = keras.backend.backend()


def two_devices():
    """Starts two replicas in this process, or this one of two processes."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * 2
        )
        # As in the suite itself. `tests.mirrored` has its graphs rewritten.
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
        return "mirrored"
    if BACKEND == "jax":
        import jax

        jax.config.update("jax_num_cpu_devices", 2)
    return "data-parallel"


def draws(model):
    """The latents that this process's replicas draw for a batch of four: each two of them."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        strategy = model.distribute_strategy
        drawn = tf.function(lambda: strategy.run(lambda: model.sample_latents(2)))()
        rows = [keras.ops.convert_to_numpy(value) for value in drawn.values]
    elif BACKEND == "jax":
        drawn = keras.ops.convert_to_numpy(model.sample_latents(4))
        rows = [drawn[:2], drawn[2:]]
    else:
        rows = [keras.ops.convert_to_numpy(model.sample_latents(2))]
    return [value.tolist() for value in rows]


def uneven(devices):
    """What becomes of a last batch of one example, by what it comes in."""
    import tensorflow as tf

    from tests.distribution import cases

    x = cases.data("vae", cases.BATCH + 1)
    found = {}
    forms = {"array": x, "dataset": tf.data.Dataset.from_tensor_slices(x).batch(cases.BATCH)}
    for form, data in forms.items():
        with devices.scope():
            model = cases.build("vae")
            model.compile()
        size = cases.BATCH if form == "array" else None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            history = model.fit(data, batch_size=size, epochs=2, verbose=0).history
            losses = model.evaluate(data, batch_size=size, verbose=0, return_dict=True)
        said = [str(each.message) for each in caught]
        found[form] = {
            "steps": int(keras.ops.convert_to_numpy(model.optimizer.iterations)),
            "finite": bool(np.isfinite([*history["loss"], *losses.values()]).all()),
            "warnings": [words for words in said if "left out" in words],
            "others": [words for words in said if "ran out of data" in words],
        }
    return found


def adaptive(devices=None):
    """How far an augmentation has come that adapts: its share, and the mean sign that it goes by."""
    import keras_gen
    from keras_gen.layers import AdaptiveAugment
    from tests.distribution.cases import BATCH
    from tests.models.helpers import fixed, linear, sgd

    shape = (2, 2, 1)
    # Of each batch the last quarter is taken to be made: its first half alone would look known.
    signs = np.where(np.arange(BATCH) < 0.75 * BATCH, 1.0, -1.0)
    x = np.tile(signs, 3)[:, None, None, None] * np.full(shape, 0.5, "float32")
    processes = int(os.environ.get("WORLD_SIZE", 1)) if devices is not None else 1
    if processes > 1:
        x = x.reshape(3, processes, -1, *shape)[:, devices.process].reshape(-1, *shape)
    with contextlib.nullcontext() if devices is None else devices.scope():
        model = keras_gen.GAN(fixed(np.zeros(shape)), linear(np.ones(shape)), latent_dim=2)
        layer = AdaptiveAugment("flip", target=0.1, images=64, seed=0)
        sgd(model, 0.0, augmentation=layer)
    model.fit(x, batch_size=BATCH // processes, shuffle=False, verbose=0)
    parts = (layer.probability, layer.known)
    return [float(keras.ops.convert_to_numpy(part)) for part in parts]


def main(output):
    strategy = two_devices()

    from keras_gen import distribution
    from tests.cases import compiled, images
    from tests.distribution import cases
    from tests.families import CASES

    processes = int(os.environ.get("WORLD_SIZE", 1))
    results = {}
    for name in CASES:
        model = cases.build(name)
        before = cases.weights(model)
        one = cases.train(name, model, cases.batches(name), **UNTRACED)
        results[name] = {"before": before, "one": one}
    results["adaptive"] = {"one": adaptive()}
    devices = distribution.start(strategy)
    results |= {"replicas": devices.replicas, "process": devices.process, "normalised": {}}
    for name in CASES:
        with devices.scope():
            model = cases.build(name)
        # On JAX a step sees the whole batch in the order that one device sees it in.
        x = cases.batches(name) if BACKEND == "jax" else cases.data(name, cases.BATCH * cases.STEPS)
        if processes > 1:
            x = cases.part(name, *devices.shard)
        results[name]["two"] = cases.train(name, model, x, cases.BATCH // processes, devices.scope)
        if name not in cases.NORMALISED:
            continue
        with devices.scope():
            model = compiled(CASES[name], lambda: keras.optimizers.SGD(1e-3))
        before = model.get_weights()
        model.fit(CASES[name].data(8), batch_size=8 // processes, verbose=0)
        after = model.get_weights()
        results["normalised"][name] = {
            "shapes_before": [list(w.shape) for w in before],
            "shapes": [list(w.shape) for w in after],
            "finite": bool(all(np.isfinite(w).all() for w in after)),
            "moved": any(not np.array_equal(a, b) for a, b in zip(before, after, strict=True)),
        }
        if name == "gan":
            results["draws"] = draws(model)
    results["adaptive"]["two"] = adaptive(devices)
    if BACKEND != "torch":
        results["uneven"] = uneven(devices)
    if BACKEND == "tensorflow":
        x = images(cases.BATCH * cases.STEPS, cases.LARGER_SHAPE)
        for normalization in ("batch", "synchronized_batch"):
            one = cases.train("gan", cases.gan_with(normalization), x, rate=0.1, **UNTRACED)
            with devices.scope():
                model = cases.gan_with(normalization)
            two = cases.train("gan", model, x, scope=devices.scope, rate=0.1)
            results[normalization] = {"one": one, "two": two}
    pathlib.Path(output).write_text(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1])
