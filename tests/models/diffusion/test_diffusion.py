import keras
import numpy as np
import pytest
from keras import ops

import keras_gen
from keras_gen.models.diffusion.flow_sampler import FlowSampler
from keras_gen.models.diffusion.pairing import noise_by_transport
from keras_gen.models.diffusion.recipe import DiffusionRecipe
from tests.cases import IMAGE_SHAPE, NUM_CLASSES, images
from tests.models.diffusion.case import build, noise
from tests.models.helpers import array

MEAN, DEVIATION = np.array([0.5, -1.0], "float32"), 0.4


@keras.saving.register_keras_serializable(package="tests")
class GaussianVelocity(keras.layers.Layer):
    """The mean velocity of straight lines from N(0, 1) to N(MEAN, DEVIATION^2), in closed form."""

    def call(self, inputs):
        x, times = inputs
        t = ops.expand_dims(times, -1)
        variance = (1.0 - t) ** 2 + (t * DEVIATION) ** 2
        slope = (t * DEVIATION**2 - (1.0 - t)) / variance
        mean = ops.convert_to_tensor(MEAN)
        return mean + slope * (x - t * mean)


@keras.saving.register_keras_serializable(package="tests")
class ClassVelocity(keras.layers.Layer):
    """A velocity that is one more than the label, everywhere."""

    def call(self, inputs):
        x, times, labels = inputs
        label = ops.expand_dims(ops.cast(labels, "float32"), -1) + 1.0
        return ops.zeros_like(x) + label + 0.0 * ops.expand_dims(times, -1)


@keras.saving.register_keras_serializable(package="tests")
class EvenVelocity(keras.layers.Layer):
    """The mean velocity to images of one brightness, N(0, DEVIATION^2), in closed form; before t = 1."""

    def call(self, inputs):
        x, times = inputs
        t = ops.reshape(times, (-1, 1, 1, 1))
        pixels = x.shape[1] * x.shape[2]
        spread = (1.0 - t) ** 2 + t**2 * DEVIATION**2 * pixels
        brightness = t * DEVIATION**2 * ops.sum(x, axis=(1, 2), keepdims=True) / spread
        return (brightness - x) / (1.0 - t)


def even():
    inputs = [keras.Input((4, 4, 1)), keras.Input(())]
    return keras_gen.Diffusion(keras.Model(inputs, EvenVelocity()(inputs)), ema_decay=None)


def gaussian(**options):
    inputs = [keras.Input((2,)), keras.Input(())]
    network = keras.Model(inputs, GaussianVelocity()(inputs))
    return keras_gen.Diffusion(network, ema_decay=None, **options)


def of_classes():
    inputs = [keras.Input((2,)), keras.Input(()), keras.Input((), dtype="int32")]
    network = keras.Model(inputs, ClassVelocity()(inputs))
    return keras_gen.Diffusion(network, num_classes=NUM_CLASSES, ema_decay=None)


def awake(**options):
    """A model whose network gives something else than zeros."""
    keras.utils.set_random_seed(0)
    model = build(**options)
    random = np.random.default_rng(0)
    for network in filter(None, (model.network, model.ema_network)):
        network.set_weights(
            [w + 0.2 * random.standard_normal(w.shape) for w in network.get_weights()]
        )
    return model


def by_hand(network, x, steps, solver, *labels):
    """Euler or Heun in a Python loop of NumPy."""

    def velocity(x, t):
        times = np.full(len(x), t, "float32")
        return array(network([x, times, *labels], training=False))

    for number in range(steps):
        first = velocity(x, number / steps)
        if solver == "heun" and number < steps - 1:
            second = velocity(x + first / steps, (number + 1) / steps)
            first = 0.5 * (first + second)
        x = x + first / steps
    return x


def test_the_closed_form_carries_one_gaussian_to_another():
    """The flow of two Gaussians is `mean + deviation * noise`, sample by sample."""
    latents = np.random.default_rng(0).standard_normal((4000, 2)).astype("float32")
    samples = gaussian().generate(latents=latents, steps=50, batch_size=4000)
    np.testing.assert_allclose(samples, MEAN + DEVIATION * latents, atol=2e-3)
    np.testing.assert_allclose(samples.mean(0), MEAN, atol=0.02)
    np.testing.assert_allclose(samples.std(0), [DEVIATION] * 2, atol=0.02)


@pytest.mark.parametrize(("solver", "factor"), [("euler", 2.0), ("heun", 4.0)])
def test_errors_fall_with_the_order_of_the_solver(solver, factor):
    model = gaussian()
    latents = np.array([[1.0, -1.0], [2.0, 0.5]], "float32")
    exact = MEAN + DEVIATION * latents
    errors = [
        np.abs(model.generate(latents=latents, steps=steps, solver=solver) - exact).mean()
        for steps in (8, 16, 32)
    ]
    assert errors[0] / errors[1] == pytest.approx(factor, rel=0.2)
    assert errors[1] / errors[2] == pytest.approx(factor, rel=0.2)


@keras.saving.register_keras_serializable(package="tests")
class OneImage(keras.layers.Layer):
    """The velocity to the only image there is, MEAN, of a network that knows it: none at 1, as it would say."""

    def call(self, inputs):
        x, times = inputs
        left = ops.maximum(1.0 - ops.expand_dims(times, -1), 0.05)
        return (ops.convert_to_tensor(MEAN) - x) / left


@pytest.mark.parametrize("steps", [1, 5, 20])
@pytest.mark.parametrize("solver", ["euler", "heun"])
def test_no_noise_is_left_at_the_end(solver, steps):
    """At 1 no velocity tells of noise: Heun's correction of the last step would bring half of it back."""
    inputs = [keras.Input((2,)), keras.Input(())]
    network = keras.Model(inputs, OneImage()(inputs))
    model = keras_gen.Diffusion(network, ema_decay=None)
    samples = model.generate(50, seed=0, steps=steps, solver=solver)
    np.testing.assert_allclose(samples, np.broadcast_to(MEAN, (50, 2)), atol=1e-5)


def test_the_loss_is_that_of_straight_lines():
    """A network that says nothing errs by `image - noise`; one that knows the line not at all."""
    model = build(ema_decay=None)  # Its outputs begin as zeros.
    x, z, times = images(4), noise(), np.array([0.1, 0.3, 0.5, 0.9], "float32")

    def loss_of(network):
        given = (ops.convert_to_tensor(each) for each in (x, z, times))
        return float(array(model.flow_loss(network, *given, None, False)))

    assert loss_of(model.network) == pytest.approx(((x - z) ** 2).mean(), rel=1e-5)

    def knows(inputs, training):
        points, at = inputs
        np.testing.assert_allclose(array(at), times)
        t = times[:, None, None, None]
        return ops.convert_to_tensor((x - array(points)) / (1.0 - t))

    assert loss_of(knows) < 1e-10


def test_the_closed_form_has_the_least_loss():
    """Its error is what the lines through a point differ by: E var(image - noise | x_t)."""
    random = np.random.default_rng(0)
    x = (MEAN + DEVIATION * random.standard_normal((50_000, 2))).astype("float32")
    z = random.standard_normal((50_000, 2)).astype("float32")
    model = gaussian()
    for time in (0.0, 0.3, 1.0):
        times = np.full(len(x), time, "float32")
        variance = (1 - time) ** 2 + (time * DEVIATION) ** 2
        known = (time * DEVIATION**2 - (1 - time)) ** 2 / variance
        expected = 1 + DEVIATION**2 - known
        given = (ops.convert_to_tensor(each) for each in (x, z, times))
        loss = model.flow_loss(model.network, *given, None, False)
        assert float(array(loss)) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("solver", ["euler", "heun"])
def test_the_compiled_loop_is_the_loop_in_python(solver):
    model = awake()
    for steps in (1, 3):
        samples = array(model.sampler_of(steps, solver=solver).predict(noise(), verbose=0))
        expected = by_hand(model.averaged(), noise(), steps, solver)
        assert np.abs(expected - noise()).max() > 0.1
        np.testing.assert_allclose(samples, expected, atol=1e-5 * np.abs(expected).max())
        clipped = model.generate(latents=noise(), steps=steps, solver=solver, batch_size=3)
        np.testing.assert_allclose(clipped, expected.clip(-1, 1), atol=1e-4)


HALF = np.broadcast_to(np.arange(8)[:, None, None] >= 4, (8, 8, 1))  # hidden


@pytest.mark.parametrize("num_classes", [None, NUM_CLASSES])
def test_what_is_known_is_held_after_each_step_of_filling(num_classes):
    model, x = awake(num_classes=num_classes), images(3)
    masks = np.repeat(HALF[None], 3, axis=0)
    z = model.prior.draw(3, seed=5)
    labels = [] if num_classes is None else [np.full(3, num_classes, "int32")]  # of no class
    way = z
    for number in range(3):
        time = (number + 1) / 3
        size = [np.full(3, number / 3, "float32"), *labels]
        way = way + array(model.averaged()([way, *size], training=False)) / 3
        way = np.where(masks, way, (1 - time) * z + time * x)
    filled = model.fill(x, masks, seed=5, steps=3, solver="euler", batch_size=2)
    assert np.abs(way - z).max() > 0.1
    np.testing.assert_array_equal(filled[:, :4], x[:, :4])
    np.testing.assert_allclose(filled[:, 4:], way[:, 4:].clip(-1, 1), atol=1e-4)


def test_a_hole_in_an_even_image_is_filled_with_its_brightness():
    levels = np.linspace(-0.6, 0.6, 7).reshape(-1, 1, 1, 1)
    x = np.broadcast_to(levels, (7, 4, 4, 1)).astype("float32")
    masks = np.zeros((7, 4, 4), bool)
    masks[:, 2:] = True
    errors = [
        np.abs(even().fill(x, masks, seed=0, steps=steps, solver="euler") - x)[masks].mean()
        for steps in (5, 50)
    ]
    assert errors[1] < errors[0] < 0.2 and errors[1] < 0.05


def test_a_hole_is_filled_with_the_class_that_is_asked_for():
    model = awake(num_classes=NUM_CLASSES)
    masks = np.repeat(HALF[None], 2, axis=0)
    given = {"masks": masks, "seed": 0, "steps": 2}
    of_none, of_one = (model.fill(images(2), labels=to, **given) for to in (None, [1, 1]))
    assert np.abs(of_none - of_one)[:, 4:].max() > 1e-3
    far = model.fill(images(2), labels=[1, 1], guidance=3.0, **given)
    assert np.abs(far - of_one)[:, 4:].max() > 1e-3
    with pytest.raises(ValueError, match="`labels` must be 2, one for each image"):
        model.fill(images(2), labels=[1], **given)


def test_a_hole_that_is_none_is_refused():
    with pytest.raises(ValueError, match="`masks` must hide something"):
        build().fill(images(2), np.zeros((2, 8, 8)))
    with pytest.raises(ValueError, match="`fill` is for models of images"):
        gaussian().fill(np.zeros((2, 2)), np.zeros((2, 2)))


def test_an_anomaly_score_is_the_error_of_velocities_at_fixed_times_and_noise():
    model, x = awake(), images(5)
    scores = model.anomaly_scores(x, batch_size=2, draws=3)
    expected = []
    for number, z in enumerate(model.prior.draw(3, seed=0)):
        t = (number + 0.5) / 3
        times = np.full(5, t, "float32")
        given = [(1 - t) * z + t * x, times]
        errors = (array(model.averaged()(given, training=False)) - (x - z)) ** 2
        expected.append(errors.mean((1, 2, 3)))
    np.testing.assert_allclose(scores, np.mean(expected, 0), rtol=1e-4)
    np.testing.assert_array_equal(scores, model.anomaly_scores(x, batch_size=2, draws=3))


def test_what_the_data_have_not_is_strange():
    x = np.random.default_rng(0).uniform(-0.6, 0.6, (20, 1, 1, 1)) * np.ones((1, 4, 4, 1))
    noisy = x + np.random.default_rng(1).normal(0.0, 0.3, x.shape)
    usual, strange = (
        even().anomaly_scores(each.astype("float32").clip(-1, 1)) for each in (x, noisy)
    )
    assert usual.max() < strange.min()


def test_another_number_of_steps_traces_nothing_anew(monkeypatch):
    model, runs = awake(), []
    velocity = FlowSampler.velocity
    monkeypatch.setattr(
        FlowSampler, "velocity", lambda self, *given: runs.append(1) or velocity(self, *given)
    )
    model.generate(4, seed=0, steps=2, solver="euler")
    first = len(runs)
    model.generate(4, seed=0, steps=7, solver="euler")
    if keras.backend.backend() == "torch":  # Which compiles nothing.
        assert (first, len(runs)) == (2, 9)
    else:
        assert len(runs) == first < 7


def test_guidance_goes_from_no_class_to_the_class_and_beyond():
    model, latents = of_classes(), np.zeros((2, 2), "float32")

    def made(guidance):
        return model.generate(latents=latents, labels=[0, 2], steps=2, guidance=guidance)[:, 0]

    # The velocities are 1 and 3 of the classes, and 4 of none.
    np.testing.assert_allclose(made(1.0), [1.0, 3.0], atol=1e-5)
    np.testing.assert_allclose(made(0.0), [4.0, 4.0], atol=1e-5)
    np.testing.assert_allclose(made(3.0), [4 - 3 * 3, 4 - 3 * 1], atol=1e-5)


def test_as_many_labels_are_dropped_as_it_is_told():
    model = build(num_classes=NUM_CLASSES, label_dropout=0.1)
    labels = np.arange(30_000, dtype="int32") % NUM_CLASSES
    shown = array(model.drop_labels(ops.convert_to_tensor(labels)))
    dropped = shown == NUM_CLASSES
    assert dropped.mean() == pytest.approx(0.1, abs=0.01)
    np.testing.assert_array_equal(shown[~dropped], labels[~dropped])


def test_times_are_drawn_as_it_is_told():
    uniform = array(build().draw_times(20_000))
    middle = array(build(times="logit_normal").draw_times(20_000))
    assert uniform.min() >= 0.0 and uniform.max() <= 1.0
    assert uniform.std() == pytest.approx(12**-0.5, abs=0.01)
    # Of the sigmoid of a normal number 0.683 lie where that is within 1.
    within = np.abs(middle - 0.5) < 1 / (1 + np.exp(-1.0)) - 0.5
    assert within.mean() == pytest.approx(0.683, abs=0.02)


def cloud(n, shape, offset=0.0):
    drawn = np.random.default_rng(len(shape)).standard_normal((2, n, *shape)).astype("float32")
    return np.tanh(drawn[0]) + offset, drawn[1]


def test_noise_by_transport_comes_near_to_the_best_of_all_pairings():
    """SciPy has the best permutation; what is drawn gains nearly as much, and leaves few noises out."""
    from scipy.optimize import linear_sum_assignment

    x, z = cloud(64, (4, 4, 1), offset=0.3)
    made = array(noise_by_transport(*map(ops.convert_to_tensor, (x, z)), seed=0))
    costs = ((x[:, None] - z[None]) ** 2).sum(axis=(2, 3, 4))
    best = costs[linear_sum_assignment(costs)].mean()
    cost, by_chance = ((x - made) ** 2).sum(axis=(1, 2, 3)).mean(), costs.mean()
    assert cost < by_chance - 0.9 * (by_chance - best)
    places = (made[:, None] == z[None]).all(axis=(2, 3, 4)).argmax(axis=1)
    np.testing.assert_array_equal(made, z[places])
    assert len(set(places.tolist())) > 0.65 * 64


def test_noise_by_transport_stays_normal():
    """Every image has one of the batch's noises, and over batches no noise is favoured."""
    pixels = 3
    x, z = (part.reshape(50, 100, pixels) for part in cloud(5000, (pixels,), offset=0.5))
    made = [
        array(noise_by_transport(*map(ops.convert_to_tensor, pair), seed=k))
        for k, pair in enumerate(zip(x, z, strict=True))
    ]
    made = np.concatenate(made)
    np.testing.assert_allclose(made.mean(axis=0), z.reshape(-1, pixels).mean(axis=0), atol=0.04)
    np.testing.assert_allclose(made.std(axis=0), 1.0, atol=0.04)


def test_noise_by_transport_is_that_of_an_image_s_own_class():
    x, z = cloud(30, (5,))
    labels = np.arange(30, dtype="int32") % NUM_CLASSES
    x[labels == 1] += 2.0
    made = array(noise_by_transport(*map(ops.convert_to_tensor, (x, z, labels)), seed=0))
    places = (made[:, None] == z[None]).all(axis=2).argmax(axis=1)
    np.testing.assert_array_equal(labels[places], labels)
    assert (places != np.arange(30)).any()


@pytest.mark.slow
def test_a_model_trains_on_pairs_by_transport():
    """Two images and their batch's noises: the lines are the short ones."""
    losses = {}
    for pairing in ("independent", "optimal_transport"):
        keras.utils.set_random_seed(0)
        model = build(ema_decay=None, pairing=pairing)
        model.compile(keras.optimizers.SGD(0.0))
        x = np.concatenate([images(4) * 0.0 - 1.0, images(4) * 0.0 + 1.0])
        losses[pairing] = model.fit(x, batch_size=8, verbose=0).history["loss"][0]
    assert losses["optimal_transport"] < losses["independent"] - 0.02
    assert build(pairing="optimal_transport").get_config()["pairing"] == "optimal_transport"


def test_a_seed_makes_the_same_images():
    model = awake()
    first = model.generate(4, seed=3, steps=2)
    np.testing.assert_array_equal(first, model.generate(4, seed=3, steps=2))
    np.testing.assert_allclose(first[:2], model.generate(2, seed=3, steps=2), atol=1e-5)
    assert np.abs(first - model.generate(4, seed=4, steps=2)).max() > 0.1
    drawn = np.random.default_rng(3).standard_normal((4, *IMAGE_SHAPE), dtype="float32")
    np.testing.assert_array_equal(first, model.generate(latents=drawn, steps=2))


def test_between_two_noises_lies_a_walk_of_images():
    model = awake()
    path = model.interpolate(5, seed=0, solver="euler")
    assert path.shape == (5, *IMAGE_SHAPE)
    ends = model.generate(2, seed=0, solver="euler")
    np.testing.assert_allclose(path[[0, -1]], ends, atol=1e-4)


@pytest.mark.slow
def test_it_learns_classes_where_there_are_some():
    model = build(num_classes=NUM_CLASSES, class_names=["a", "b", "c"])
    model.compile()
    labels = np.arange(6, dtype="int32") % NUM_CLASSES
    history = model.fit(images(6), labels, batch_size=3, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert model.generate(labels=["c", "a"], seed=0, steps=2, guidance=2.0).shape[0] == 2
    assert model.generate(2, per_class=True, seed=0, steps=2).shape == (6, *IMAGE_SHAPE)


@pytest.mark.slow
def test_it_learns_the_mean_of_its_data():
    keras.utils.set_random_seed(0)
    model = build(ema_decay=0.9)
    model.compile(keras.optimizers.Adam(1e-2))
    bright = np.full((64, *IMAGE_SHAPE), 0.5, "float32")
    before = model.generate(16, seed=0, steps=4)
    model.fit(bright, batch_size=16, epochs=60, verbose=0)
    after = model.generate(16, seed=0, steps=4)
    assert np.abs(after - 0.5).mean() < 0.6 * np.abs(before - 0.5).mean()


def test_an_evaluation_is_the_same_at_each_call_and_of_the_average():
    model = awake(ema_decay=0.9)
    model.compile()
    first = model.evaluate(images(8), batch_size=4, verbose=0)
    assert model.evaluate(images(8), batch_size=4, verbose=0) == pytest.approx(first, rel=1e-6)
    model.network.set_weights([0.0 * w for w in model.network.get_weights()])
    assert model.evaluate(images(8), batch_size=4, verbose=0) == pytest.approx(first, rel=1e-6)
    model.ema_network.set_weights([0.0 * w for w in model.ema_network.get_weights()])
    assert abs(model.evaluate(images(8), batch_size=4, verbose=0) - first) > 1e-3


WRONG = {
    "steps": {"steps": 0},
    "solver": {"solver": "midpoint"},
    "guidance": {"guidance": 2.0},
    "labels": {"labels": [0]},
    "latents": {"n": None, "latents": np.zeros((2, 3), "float32")},
}


@pytest.mark.parametrize("argument", WRONG)
def test_what_can_not_be_meant_is_refused(argument):
    with pytest.raises(ValueError, match=f"`{argument}`.* Received"):
        build().generate(**{"n": 1, **WRONG[argument]})


def test_what_was_never_learnt_of_no_class_is_refused():
    model = build(num_classes=NUM_CLASSES, label_dropout=0.0)
    x = images(2)
    masks = np.zeros((2, 8, 8))
    masks[:, :4] = 1.0
    assert model.generate(labels=[0], steps=1).shape == (1, 8, 8, 1)
    assert model.anomaly_scores(x, labels=[0, 1]).shape == (2,)
    for use in (
        lambda: model.generate(labels=[0], guidance=3.0),
        lambda: model.fill(x, masks),
        lambda: model.anomaly_scores(x),
    ):
        with pytest.raises(
            ValueError, match=r"`label_dropout` above 0\. Received: .*label_dropout=0"
        ):
            use()


def test_labels_that_are_none_are_refused():
    model = build(num_classes=NUM_CLASSES)
    for labels in ([NUM_CLASSES], [-1], ["a"]):
        with pytest.raises(ValueError, match="`labels` must be"):
            model.generate(labels=labels)
    model.compile()
    with pytest.raises(ValueError, match="label"):
        model.fit(images(4), verbose=0)
    with pytest.raises(ValueError, match=r"Labels must be integers in \[0, 3\)"):
        model.fit(images(4), np.array([0, 1, 2, 3]), verbose=0)


@pytest.mark.parametrize(
    "options",
    [{"times": "normal"}, {"pairing": "best"}, {"label_dropout": 1.0}, {"ema_decay": 1.0}],
)
def test_arguments_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match=f"`{next(iter(options))}` must be"):
        build(**options)


def test_a_network_of_other_inputs_is_refused():
    network = keras_gen.networks.flow_unet(IMAGE_SHAPE, num_classes=3, base_filters=2)
    with pytest.raises(ValueError, match="`network` must take"):
        keras_gen.Diffusion(network)


def test_a_network_of_any_size_is_refused():
    inputs = [keras.Input((None, None, 1)), keras.Input(())]
    network = keras.Model(inputs, keras.layers.Conv2D(1, 1)(inputs[0]))
    with pytest.raises(ValueError, match="`network` must take images of one size"):
        keras_gen.Diffusion(network)


@pytest.mark.one_backend
def test_the_recipe_learns_classes_when_it_is_told_to():
    recipe = DiffusionRecipe(
        dataset="digits",
        base_filters=2,
        labelled=True,
        ema_decay=0.0,
        patch_size=2,
        predicts="image",
    )
    model = recipe.build(recipe.open(), 10)
    assert model.network.layers[-1].name == "velocity"
    assert model.network.get_layer("pixels").output.shape == (None, 4, 4, 2)
    assert model.num_classes == 10 and model.class_names == [str(n) for n in range(10)]
    assert model.average is None
    rate = model.optimizer["flow"].learning_rate
    assert float(array(rate)) == pytest.approx(1e-3)
