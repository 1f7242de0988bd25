"""What only TensorFlow has: traced steps, and replicas under tf.distribute."""

import gc
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from tests.cases import CASES, build_vae, compiled, images

if keras.backend.backend() != "tensorflow":
    pytest.skip("TensorFlow's own", allow_module_level=True)

import tensorflow as tf
from tensorflow.python.framework.func_graph import FuncGraph


def graphs():
    return sum(isinstance(thing, FuncGraph) for thing in gc.get_objects())


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_step_is_traced_once_and_its_graphs_go_with_the_model(name):
    """Of a process that trains many models, one after the other, no graph stays."""
    case = CASES[name]
    gc.collect()
    before = graphs()
    model = compiled(case, lambda: keras.optimizers.SGD(1e-3, momentum=0.9))
    traces = []
    model.run_train_step = lambda data, step=model.run_train_step: traces.append(1) or step(data)
    after_first = []
    first = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: after_first.append(len(traces))
    )
    model.fit(case.data(10), batch_size=4, epochs=3, callbacks=[first], verbose=0)
    assert len(after_first) == 9  # the last batch of each epoch is smaller
    assert after_first[0] >= 1  # counted at all
    assert len(traces) == after_first[0]
    assert graphs() > before
    del model, first
    gc.collect()
    assert graphs() == before


@pytest.fixture(scope="module")
def mirrored():
    result = subprocess.run(
        [sys.executable, "-m", "tests.mirrored"], capture_output=True, text=True, env=os.environ
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.slow
def test_replicas_draw_different_noise(mirrored):
    assert mirrored["replicas"] == 2
    draws = np.array(mirrored["draws"])  # (step, replica, numbers)
    assert draws.shape == (2, 2, 6)
    flat = draws.reshape(4, 6)
    for a in range(4):
        for b in range(a):
            assert np.abs(flat[a] - flat[b]).max() > 0.1


@pytest.mark.slow
def test_replicas_stay_in_step(mirrored):
    assert all(np.isfinite(values).all() for values in mirrored["history"].values())
    for copies in mirrored["copies"]:
        assert len(copies) == 2
        assert copies[0] == copies[1]


@pytest.mark.slow
def test_each_image_is_generated_once(mirrored):
    generated, expected = np.array(mirrored["generated"]), np.array(mirrored["called"])
    # Each replica has batch statistics of its own, so that pixels differ a little.
    distances = np.abs(generated[:, None] - expected[None]).max(axis=(2, 3, 4))
    assert distances.argmin(axis=1).tolist() == [0, 1, 2, 3, 4]
    assert distances.diagonal().max() < 1e-3 < distances[~np.eye(5, dtype=bool)].min()


@pytest.mark.slow
def test_the_loss_is_divided_by_the_number_of_replicas_once(mirrored):
    # left * right * mean(x^2) with x^2 of 1 on one replica and 9 on the other: as on one device.
    assert mirrored["product"] == pytest.approx(6.0 * 5.0)
    assert mirrored["left"] == pytest.approx(2.0 - 0.1 * 3.0 * 5.0, rel=1e-5)


@pytest.mark.slow
def test_updates_in_some_steps_alone_are_refused(mirrored):
    assert "`penalties_every` above 1" in mirrored["lazy"]
    assert "Received: 2 replicas" in mirrored["lazy"]


@pytest.mark.parametrize("jit_compile", [False, True])
def test_the_end_of_data_of_unknown_length_is_no_step(jit_compile):
    vae = build_vae()
    vae.compile(jit_compile=jit_compile)
    batches = tf.data.Dataset.from_tensor_slices(images(8)).batch(4).filter(lambda batch: True)
    vae.fit(batches, epochs=3, verbose=0)
    assert int(vae.optimizer.iterations) == 6  # Keras's own models count 9.
    assert int(vae.optimizer["vae"].iterations) == 6


def test_a_batch_that_is_refused_in_mid_stream_is_no_step():
    vae = build_vae()
    vae.compile()
    batches = tf.data.Dataset.from_generator(
        lambda: (x for x in (images(4), images(4, (9, 8, 1)))),
        output_signature=tf.TensorSpec((None, None, None, 1), "float32"),
    )
    with pytest.raises(tf.errors.InvalidArgumentError):
        vae.fit(batches, verbose=0)
    assert int(vae.optimizer.iterations) == int(vae.optimizer["vae"].iterations) == 1
