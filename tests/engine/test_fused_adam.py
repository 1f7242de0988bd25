"""On TensorFlow the engine updates by one kernel what Keras's Adam does in many: the numbers are its own."""

import keras
import numpy as np
import pytest

from keras_gen.engine.backend import engine

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="Other backends leave the step to Keras."
)


def built(optimizer):
    """Variables, and the optimizer built for them."""
    random = np.random.default_rng(0)
    variables = [
        keras.Variable(random.normal(size=shape).astype("float32")) for shape in ((3, 4), (5,))
    ]
    optimizer.build(variables)
    return variables


def gradients(step):
    random = np.random.default_rng(step + 1)
    return [
        keras.ops.convert_to_tensor(random.normal(size=shape).astype("float32"))
        for shape in ((3, 4), (5,))
    ]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"beta_1": 0.0, "beta_2": 0.9, "epsilon": 1e-3},
        {"learning_rate": keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)},
        {"clipnorm": 0.5, "weight_decay": 0.1, "use_ema": True, "ema_momentum": 0.5},
        {"gradient_accumulation_steps": 2},
        {"amsgrad": True},
    ],
    ids=lambda options: "-".join(options) or "default",
)
def test_numbers_and_state_are_those_of_keras(options):
    options = {"learning_rate": 0.1, **options}
    ours, theirs = keras.optimizers.Adam(**options), keras.optimizers.Adam(**options)
    our_variables, their_variables = built(ours), built(theirs)
    for step in range(4):
        engine.apply_gradients(ours, gradients(step), our_variables)
        theirs.apply(gradients(step), their_variables)
    # The kernel has 1 - beta in float32, Keras in float64: 5e-5 of it at 0.999.
    pairs = zip(our_variables + ours.variables, their_variables + theirs.variables, strict=True)
    for a, b in pairs:
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-4, atol=1e-6)
    assert "update_step" not in vars(ours)


def test_each_weight_takes_one_kernel():
    import tensorflow as tf

    optimizer = keras.optimizers.Adam(0.1)
    variables = built(optimizer)
    step = tf.function(lambda: engine.apply_gradients(optimizer, gradients(0), variables))
    kinds = [node.op for node in step.get_concrete_function().graph.as_graph_def().node]
    assert kinds.count("ResourceApplyAdam") == len(variables)
    assert "AssignSubVariableOp" not in kinds


def test_an_optimizer_of_a_users_own_keeps_its_update():
    class Still(keras.optimizers.Adam):
        def update_step(self, gradient, variable, learning_rate):
            pass

    optimizer = Still(0.1)
    variables = built(optimizer)
    before = [v.numpy() for v in variables]
    engine.apply_gradients(optimizer, gradients(0), variables)
    for a, b in zip(before, variables, strict=True):
        np.testing.assert_array_equal(a, b.numpy())


def test_sparse_gradients_are_left_to_keras():
    import tensorflow as tf

    optimizer, theirs = keras.optimizers.Adam(0.1), keras.optimizers.Adam(0.1)
    table, their_table = keras.Variable(np.ones((4, 2))), keras.Variable(np.ones((4, 2)))
    optimizer.build([table])
    theirs.build([their_table])
    slices = tf.IndexedSlices(tf.ones((1, 2)), tf.constant([2]), tf.constant([4, 2]))
    engine.apply_gradients(optimizer, [slices], [table])
    theirs.apply([slices], [their_table])
    np.testing.assert_allclose(table.numpy(), their_table.numpy())
