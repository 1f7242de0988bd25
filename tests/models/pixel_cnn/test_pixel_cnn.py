import math

import keras
import numpy as np
import pytest
from keras import ops

import keras_gen
from keras_gen.backend import input_gradient
from keras_gen.losses import LogisticMixture, PixelSoftmax
from keras_gen.models.pixel_cnn.recipe import PixelCNNRecipe
from keras_gen.models.pixel_sampler import PixelSampler
from keras_gen.models.pixel_steps import PixelSteps
from tests.benchmarks import pixel_loops
from tests.cases import COLOUR_SHAPE, NUM_CLASSES, images
from tests.models.helpers import array
from tests.models.pixel_cnn.case import build

BACKEND = keras.backend.backend()


def awake(network, scale=0.3):
    """A network with larger weights, biases among them."""
    random = np.random.default_rng(0)
    network.set_weights(
        [w + scale * random.standard_normal(w.shape) for w in network.get_weights()]
    )
    return network


@pytest.mark.parametrize(("kernel_size", "blocks"), [(3, 4), (5, 2)])
def test_a_pixel_depends_on_all_before_it_and_on_none_from_it_on(kernel_size, blocks):
    height, width, channels = 6, 7, 2
    network = awake(
        keras_gen.networks.pixel_cnn(
            (height, width, channels), 2, None, None, 16, blocks, kernel_size, seed=1
        )
    )
    pixels = height * width
    x = np.repeat(images(1, (height, width, channels)), pixels, axis=0)
    own = np.eye(pixels, dtype="float32").reshape(pixels, height, width, 1)
    # The i-th of equal images is asked for the gradient of the i-th pixel's outputs.
    gradient = input_gradient(
        lambda x: network(x, training=False) * ops.convert_to_tensor(own), ops.convert_to_tensor(x)
    )
    gradient = array(gradient).reshape(pixels, pixels, channels)
    before = np.tril(np.ones((pixels, pixels), bool), -1)
    assert (gradient[~before] == 0.0).all()
    assert (gradient[before] != 0.0).all()


def test_integers_are_no_other_than_pixels_in_what_they_reach():
    network = awake(keras_gen.networks.pixel_cnn((4, 4), 1, 6, None, 16, 4, 3, seed=1))
    codes = np.random.default_rng(0).integers(0, 6, (1, 4, 4)).astype("int32")
    outputs = array(network(codes))
    for place in range(16):
        changed = codes.copy()
        changed.flat[place] = (changed.flat[place] + 1) % 6
        moved = np.abs(array(network(changed)) - outputs).max(axis=-1).ravel()
        assert (moved[: place + 1] < 1e-6).all()
        assert (moved[place + 1 :] > 1e-6).all()


def every_level(levels):
    """One-pixel images of each level: `(levels, 1, 1, 1)`."""
    return ops.convert_to_tensor(np.arange(levels, dtype="float32").reshape(-1, 1, 1, 1))


@pytest.mark.parametrize("levels", [2, 17, 256])
@pytest.mark.parametrize("log_scale", [-9.0, -4.0, 0.0, 3.0])
def test_the_probabilities_of_all_levels_sum_to_one(levels, log_scale):
    likelihood = LogisticMixture(levels)
    outputs = np.array([0.3, -0.8, -0.6, 1.4, log_scale, -1.0], "float32")  # of two components
    outputs = np.broadcast_to(outputs, (levels, 1, 1, 6))
    logs = array(likelihood.log_likelihood(every_level(levels), ops.convert_to_tensor(outputs)))
    assert np.isfinite(logs).all() and (logs <= 1e-6).all()
    assert np.exp(logs.astype("float64")).sum() == pytest.approx(1.0, abs=2e-5)


def test_a_level_has_the_logistic_s_probability_of_its_interval():
    mean, scale = 0.1, 0.2
    outputs = np.broadcast_to(np.array([0, mean, np.log(scale)], "float32"), (5, 1, 1, 3))
    logs = LogisticMixture(5).log_likelihood(every_level(5), ops.convert_to_tensor(outputs))
    edges = [-math.inf, -0.75, -0.25, 0.25, 0.75, math.inf]
    cumulative = 1 / (1 + np.exp(-(np.array(edges) - mean) / scale))
    np.testing.assert_allclose(np.exp(array(logs)), np.diff(cumulative), rtol=1e-4)


def test_far_from_the_mean_a_level_is_unlikely_and_not_impossible():
    outputs = np.broadcast_to(np.array([0, -1.0, -4.0], "float32"), (1, 1, 1, 3))
    log = array(LogisticMixture().log_likelihood(np.full((1, 1, 1, 1), 200.0), outputs))[0]
    # Nearly exp(-(x - mean) / scale), times the step over the scale.
    distance = (2 * 200 / 255) * math.exp(4.0)
    assert log == pytest.approx(-distance + math.log(2 / 255) + 4.0, abs=0.02)


def test_channels_shift_the_means_of_those_after_them():
    """By hand: blue's mean is its own, plus a factor times red's value and one times green's."""
    likelihood = LogisticMixture(256, 3)
    means, factors = [0.1, -0.2, 0.3], [0.5, -0.7, 0.2]  # green of red, blue of red, blue of green
    outputs = np.array([0.0, *means, -2.0, -2.0, -2.0, *np.arctanh(factors)], "float32")
    levels = np.array([200.0, 30.0, 90.0])
    red, green, _ = 2 * levels / 255 - 1
    shifted = [0.1, -0.2 + 0.5 * red, 0.3 - 0.7 * red + 0.2 * green]
    one = LogisticMixture(256)
    alone = sum(
        array(
            one.log_likelihood(
                np.full((1, 1, 1, 1), level), np.reshape([0.0, mean, -2.0], (1, 1, 1, 3))
            )
        )
        for level, mean in zip(levels, shifted, strict=True)
    )
    log = likelihood.log_likelihood(levels.reshape(1, 1, 1, 3), outputs.reshape(1, 1, 1, 10))
    np.testing.assert_allclose(array(log), alone, rtol=1e-4)


@pytest.mark.parametrize("name", ["logistic_mixture", "softmax"])
def test_draws_come_as_often_as_they_are_likely(name):
    if name == "softmax":
        likelihood, outputs = PixelSoftmax(5), np.array([0.5, -1.0, 0.0, 1.0, -0.5], "float32")
    else:
        likelihood = LogisticMixture(5)
        outputs = np.array([0.3, -0.8, -0.6, 0.9, -1.0, -2.0], "float32")
    of_each = np.broadcast_to(outputs, (5, 1, 1, len(outputs)))
    expected = np.exp(
        array(likelihood.log_likelihood(every_level(5), ops.convert_to_tensor(of_each)))
    )
    uniforms = np.random.default_rng(0).random((20_000, likelihood.numbers)).astype("float32")
    drawn = array(
        likelihood.draw(
            ops.convert_to_tensor(np.broadcast_to(outputs, (20_000, len(outputs)))),
            ops.convert_to_tensor(uniforms),
        )
    )
    assert drawn.dtype == "int32" and drawn.shape == (20_000, 1)
    np.testing.assert_allclose(np.bincount(drawn[:, 0], minlength=5) / 20_000, expected, atol=0.012)


@pytest.mark.parametrize("name", ["logistic_mixture", "softmax"])
def test_draws_at_a_temperature_are_those_of_logits_and_scales_that_it_changed(name):
    uniforms = np.random.default_rng(0).random((200, 3)).astype("float32")
    if name == "softmax":
        likelihood, outputs = PixelSoftmax(5), np.array([0.5, -1.0, 0.0, 1.0, -0.5], "float32")
        colder = outputs / 0.6
    else:
        likelihood = LogisticMixture(256, 2)
        outputs = np.array([0.3, -0.8, -0.6, 0.9, 0.1, 0.2, -1.0, -2.0, -3.0, -1.5, 0.5, -0.2])
        colder = outputs.copy()
        colder[:2] /= 0.6  # logits of the components; then means, logs of scales, factors
        colder[6:10] += np.log(0.6)
    given = ops.convert_to_tensor(uniforms[:, : likelihood.numbers])
    drawn, expected, warm = (
        array(likelihood.draw(ops.convert_to_tensor(np.tile(row, (200, 1))), given, temperature))
        for row, temperature in ((outputs, 0.6), (colder, 1.0), (outputs, 1.0))
    )
    np.testing.assert_array_equal(drawn, expected)
    assert (drawn != warm).mean() > 0.05


def test_a_temperature_is_of_one_call_and_without_any_the_likeliest_comes():
    model = build((5, 4, 1), likelihood="softmax", levels=4)
    awake(model.network)
    first = model.generate(3, seed=0)
    coldest = model.generate(3, seed=1, temperature=1e-4)
    np.testing.assert_array_equal(coldest, model.generate(3, seed=2, temperature=1e-4))
    assert len(np.unique(coldest, axis=0)) == 1 < len(np.unique(first, axis=0))
    np.testing.assert_array_equal(first, model.generate(3, seed=0))
    masks = np.zeros((3, 5, 4))
    masks[:, 3:] = 1
    filled = model.fill(coldest, masks, seed=0, temperature=1e-4)
    np.testing.assert_array_equal(filled, coldest)
    assert np.abs(model.fill(coldest, masks, seed=0) - coldest).max() > 0.1
    for temperature in (0, -1.0, True, "warm", math.nan):
        with pytest.raises(ValueError, match=r"`temperature` must be a number above 0. Received"):
            model.generate(1, temperature=temperature)


def test_a_drawn_channel_knows_those_before_it():
    """Green is red where its factor is nearly 1, its own mean 0 and its scale the least."""
    outputs = np.array(
        [0.0, 0.0, 0.0, 0.0, -9.0, 9.0], "float32"
    )  # logit, means, log scales, factor
    uniforms = np.random.default_rng(0).random((500, 3)).astype("float32")
    drawn = array(
        LogisticMixture(256, 2).draw(
            ops.convert_to_tensor(np.broadcast_to(outputs, (500, 6))),
            ops.convert_to_tensor(uniforms),
        )
    )
    assert drawn[:, 0].std() > 50
    assert np.abs(drawn[:, 0] - drawn[:, 1]).max() <= 2


def test_the_likelihood_of_all_images_sums_to_one():
    """Of the 3 ** 4 images of 2 x 2 pixels with 3 levels: an exact likelihood, of softmax and mixture."""
    grid = np.stack(np.meshgrid(*[[-1.0, 0.0, 1.0]] * 4, indexing="ij"), -1).reshape(-1, 2, 2, 1)
    for likelihood in ("softmax", "logistic_mixture"):
        model = build((2, 2, 1), likelihood=likelihood, levels=3)
        awake(model.network)
        logs = model.log_likelihood(grid.astype("float32"))
        assert logs.shape == (81,) and logs.std() > 0.1
        assert np.exp(logs.astype("float64")).sum() == pytest.approx(1.0, abs=1e-4)


def test_samples_come_as_often_as_the_likelihood_says():
    model = build((2, 2, 1), likelihood="softmax", levels=2, seed=1)
    awake(model.network)
    made = model.generate(8000, seed=0, batch_size=8000)
    numbers = (made.reshape(-1, 4) > 0) @ [8, 4, 2, 1]
    every = (np.arange(16)[:, None] >> np.arange(3, -1, -1)) % 2 * 2.0 - 1.0
    expected = np.exp(model.log_likelihood(every.reshape(16, 2, 2, 1).astype("float32")))
    assert expected.std() > 0.02
    np.testing.assert_allclose(np.bincount(numbers, minlength=16) / 8000, expected, atol=0.015)


def test_bits_are_nats_over_log_two_of_a_dimension():
    model = build(COLOUR_SHAPE)
    model.compile()
    x = images(8, COLOUR_SHAPE)
    scores = model.evaluate(x, batch_size=8, verbose=0, return_dict=True)
    nats = -model.log_likelihood(x).mean() / (8 * 8 * 3)
    assert scores["loss"] == pytest.approx(nats, rel=1e-4)
    assert scores["bits_per_dim"] == pytest.approx(nats / math.log(2), rel=1e-4)


def test_its_golden_outputs_are_likelihoods_of_images_of_the_data():
    x, labels = images(5), np.arange(5, dtype="int32") % NUM_CLASSES
    model = build(num_classes=NUM_CLASSES)
    inputs = model.golden_inputs(dataset=(x, labels), split="train", n=5)
    np.testing.assert_array_equal(inputs["images"], x[:3])
    np.testing.assert_array_equal(inputs["labels"], labels[:3])
    bits = -model.log_likelihood(x[:3], labels[:3]) / (64 * math.log(2))
    np.testing.assert_allclose(model.golden_outputs(inputs), bits, rtol=1e-6)
    assert "labels" not in build().golden_inputs(dataset=x, split="train")


def test_the_compiled_loop_is_the_loop_in_python():
    model = build((3, 4, 2), levels=9)
    awake(model.network)
    uniforms = model.prior.draw(5, seed=0)
    levels = np.zeros((5, 3, 4, 2), "int32")
    for row in range(3):
        for column in range(4):
            outputs = model.network.predict(levels / 4.0 - 1.0, verbose=0)[:, row, column]
            drawn = LogisticMixture(9, 2).draw(
                ops.convert_to_tensor(outputs), ops.convert_to_tensor(uniforms[:, row, column])
            )
            levels[:, row, column] = array(drawn)
    assert levels.std() > 0.5
    np.testing.assert_allclose(model.generate(latents=uniforms), levels / 4.0 - 1.0, atol=1e-6)


def test_a_hole_is_filled_as_if_what_is_known_had_been_drawn():
    """What the same numbers have drawn, cut out, comes back; after another beginning it does not."""
    model = build((6, 5, 2), NUM_CLASSES, levels=9)
    awake(model.network)
    labels = np.arange(4) % NUM_CLASSES
    made = model.generate(labels=labels, seed=2)
    masks = np.zeros((4, 6, 5), bool)
    masks[0, 3:], masks[1, :, 2:], masks[2, 0], masks[3, 1, 1] = True, True, True, True
    given = {"masks": masks, "seed": 2, "labels": labels, "batch_size": 3}
    np.testing.assert_allclose(model.fill(made, **given), made, atol=1e-6)
    others = np.where(masks[..., None], 1.0, -made).astype("float32")
    filled = model.fill(others, **given)
    np.testing.assert_array_equal(filled[~masks], others[~masks])
    assert np.abs(filled - made)[masks].max() > 0.1


def test_what_is_known_below_a_hole_is_not_looked_at():
    model = build((6, 5, 1), levels=9)
    awake(model.network)
    x, masks = images(3, (6, 5, 1)), np.zeros((3, 6, 5, 1))
    masks[:, 2] = 1
    changed = x.copy()
    changed[:, 3:] = -x[:, 3:]
    filled, beside = (model.fill(each, masks, seed=0)[:, 2] for each in (x, changed))
    np.testing.assert_array_equal(filled, beside)
    assert np.abs(filled - x[:, 2]).max() > 0.1


def test_holes_that_are_none_are_refused():
    model = build(num_classes=NUM_CLASSES)
    x, masks = images(2), np.ones((2, 8, 8))
    with pytest.raises(ValueError, match="`masks` must leave something of every picture"):
        model.fill(x, masks, labels=[0, 1])
    masks[:, :4] = 0
    with pytest.raises(ValueError, match="`labels` must be given to a model with classes"):
        model.fill(x, masks)
    with pytest.raises(ValueError, match="`labels` must be 2, one for each image"):
        model.fill(x, masks, labels=[0])


def test_a_seed_makes_the_same_images():
    model = build(likelihood="softmax", levels=4)
    awake(model.network)
    first = model.generate(4, seed=3)
    assert first.dtype == "float32" and {*np.unique((first + 1) * 1.5).round(4)} <= {0, 1, 2, 3}
    np.testing.assert_array_equal(first, model.generate(4, seed=3))
    np.testing.assert_array_equal(first[:2], model.generate(2, seed=3))
    np.testing.assert_array_equal(first, model.generate(4, seed=3, batch_size=3))
    assert np.abs(first - model.generate(4, seed=4)).max() > 0.1


def test_between_two_draws_lies_a_walk():
    model = build(likelihood="softmax", levels=4)
    path = model.interpolate(3, seed=0)
    np.testing.assert_array_equal(path[[0, 2]], model.generate(2, seed=0))
    start, end = model.prior.draw(2, seed=0)
    assert min(start.min(), end.min()) >= 0.0 and max(start.max(), end.max()) < 1.0
    middle = model.generate(latents=model.prior.between(start, end, 3)[1:2])
    np.testing.assert_array_equal(path[1], middle[0])


@pytest.mark.parametrize(
    "options",
    [
        {"shape": (5, 7, 2), "levels": 9},
        {"shape": (7, 5, 1), "num_classes": NUM_CLASSES, "kernel_size": 5},
        {
            "shape": (6, 6, 1),
            "likelihood": "softmax",
            "levels": 4,
            "kernel_size": 3,
            "dropout": 0.5,
        },
    ],
)
def test_pixels_alone_are_those_of_whole_passes(options, monkeypatch):
    model = build(**options)
    awake(model.network)
    given = {"latents": model.prior.draw(4, seed=0)}
    if model.num_classes:
        given["labels"] = np.arange(4) % NUM_CLASSES
    assert PixelSteps.of(model.network) is not None
    made = model.generate(**given)
    monkeypatch.setattr(PixelSteps, "of", lambda network: None)
    whole = build(**options)
    whole.network.set_weights(model.network.get_weights())
    assert made.std() > 0.1
    np.testing.assert_allclose(made, whole.generate(**given), atol=1e-6)


def test_integers_alone_are_those_of_whole_passes(monkeypatch):
    network = awake(keras_gen.networks.pixel_cnn((4, 5), 1, 6, None, 8, 2, 3, seed=1))
    uniforms = np.random.default_rng(0).random((3, 4, 5, 1)).astype("float32")
    sampler = PixelSampler(network, PixelSoftmax(6), integers=True)
    made = array(sampler(uniforms))
    monkeypatch.setattr(PixelSteps, "of", lambda network: None)
    assert made.shape == (3, 4, 5, 1) and len(np.unique(made)) > 2
    np.testing.assert_array_equal(made, array(sampler(uniforms)))


def by_hand(change=None, kernel_size=(1, 3), padding=((0, 0), (3, 0)), **options):
    """A causal network of one's own, four places wide: a row's pixels alone; or one that `change` changes."""
    images = keras.Input((4, 4, 1))
    x = keras.layers.Cropping2D(((0, 0), (0, 1)))(images)
    x = keras.layers.ZeroPadding2D(padding)(x)
    x = keras.layers.Conv2D(6, kernel_size, **options)(x)
    return keras.Model(images, x if change is None else change(x, images))


def test_a_network_of_other_layers_takes_whole_passes():
    keras.utils.set_random_seed(0)
    network = by_hand(lambda x, _: keras.layers.LayerNormalization()(x))
    assert PixelSteps.of(network) is None
    model = keras_gen.PixelCNN(network, likelihood="softmax", levels=6)
    uniforms = model.prior.draw(3, seed=0)
    expected = pixel_loops.by_predict(model, uniforms)
    assert expected.std() > 0.1
    np.testing.assert_allclose(model.generate(latents=uniforms), expected, atol=1e-6)


def test_a_network_of_one_s_own_class_takes_whole_passes():
    class Own(keras.Model):
        def __init__(self, network):
            super().__init__()
            self.network = network

        def call(self, images):
            return self.network(images)

    network = build((4, 4, 1), levels=5).network
    own = Own(network)
    own(np.zeros((1, 4, 4, 1), "float32"))
    model = keras_gen.PixelCNN(own, levels=5)
    uniforms = model.prior.draw(2, seed=0)
    expected = keras_gen.PixelCNN(network, levels=5).generate(latents=uniforms)
    np.testing.assert_allclose(model.generate(latents=uniforms), expected, atol=1e-6)


def test_only_what_is_known_to_be_before_a_pixel_is_taken_alone():
    assert PixelSteps.of(by_hand()) is not None
    assert PixelSteps.of(by_hand(kernel_size=(2, 3), padding=((0, 1), (3, 0)))) is None  # below
    assert PixelSteps.of(by_hand(kernel_size=(2, 3), padding=((1, 0), (3, 0)))) is None  # blind
    assert PixelSteps.of(by_hand(kernel_size=(1, 2), padding=((0, 0), (1, 1)))) is None  # itself
    assert PixelSteps.of(by_hand(kernel_size=(1, 1), padding=((0, 0), (1, 0)))) is None
    assert PixelSteps.of(by_hand(padding=((0, 0), (5, 0)), dilation_rate=2)) is None

    def with_the_pixel(x, images):
        return keras.layers.Add()([x, keras.layers.Conv2D(6, 1)(images)])

    def twice(x, _):
        layer = keras.layers.Conv2D(6, 1)
        return layer(layer(x))

    assert PixelSteps.of(by_hand(with_the_pixel)) is None
    assert PixelSteps.of(by_hand(twice)) is None


def test_the_loop_is_traced_once(monkeypatch):
    model, runs = build((4, 4, 1)), []
    draw = LogisticMixture.draw
    monkeypatch.setattr(
        LogisticMixture, "draw", lambda self, *given: runs.append(1) or draw(self, *given)
    )
    model.generate(2, seed=0)
    assert len(runs) == 16 if BACKEND == "torch" else 0 < len(runs) < 8
    traced = len(runs)
    model.generate(2, seed=1)
    assert len(runs) - traced == (16 if BACKEND == "torch" else 0)


def test_it_learns_what_follows_what():
    """Rows of one colour: all but the first pixel of each are known, so that 8 of 64 pixels take a bit."""
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    x = np.repeat(random.choice([-1.0, 1.0], (256, 8, 1, 1)), 8, axis=2).astype("float32")
    network = keras_gen.networks.pixel_cnn((8, 8, 1), levels=2, filters=8, blocks=1)
    model = keras_gen.PixelCNN(network, likelihood="softmax", levels=2)
    model.compile(keras.optimizers.Adam(1e-2))
    model.fit(x, batch_size=32, epochs=12, verbose=0)
    bits = -model.log_likelihood(x).mean() / math.log(2)
    assert 7.5 < bits < 10.0
    made = model.generate(32, seed=0)
    alike = (made == made[:, :, :1]).mean()
    assert alike > 0.95 and 0.2 < (made > 0).mean() < 0.8


def test_it_learns_classes_where_there_are_some():
    model = build(num_classes=NUM_CLASSES, likelihood="softmax", levels=4)
    model.compile(keras.optimizers.SGD(0.05))
    labels = np.arange(6, dtype="int32") % NUM_CLASSES
    history = model.fit(images(6), labels, batch_size=3, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert model.generate(2, per_class=True, seed=0).shape == (6, 8, 8, 1)
    awake(model.network)
    x = np.repeat(images(1), 3, axis=0)
    likely = model.log_likelihood(x, labels=[0, 1, 2])
    assert np.abs(np.diff(likely)).min() > 0.01
    same = [model.log_likelihood(x[:1], labels=[label])[0] for label in range(3)]
    np.testing.assert_allclose(likely, same, rtol=1e-4)
    with pytest.raises(ValueError, match="`labels` must be given to a model with classes"):
        model.log_likelihood(x)
    with pytest.raises(ValueError, match="`labels` must be 3, one for each image"):
        model.log_likelihood(x, labels=[0])


WRONG = {
    "likelihood": lambda: build(likelihood="gaussian"),
    "levels": lambda: build(levels=1),
    "network": lambda: keras_gen.PixelCNN(
        keras_gen.networks.pixel_cnn((8, 8, 1), levels=4, filters=2, blocks=1)
    ),
    "channels": lambda: keras_gen.PixelCNN(
        keras_gen.networks.pixel_cnn((8, 8, 2), filters=2, blocks=1), likelihood="softmax"
    ),
    "latents": lambda: build().generate(latents=np.zeros((2, 8, 8, 1), "float32")),
    "labels": lambda: build().generate(1, labels=[0]),
    "n": lambda: build().generate(),
    "kernel_size": lambda: keras_gen.networks.pixel_cnn((8, 8, 1), kernel_size=4),
    "shape": lambda: keras_gen.networks.pixel_cnn((8, 8, 1, 1)),
}


@pytest.mark.parametrize("argument", WRONG)
def test_what_can_not_be_meant_is_refused(argument):
    with pytest.raises(ValueError, match=rf"`{argument}`"):
        WRONG[argument]()


@pytest.mark.parametrize(("shape", "levels"), [((4, 4), None), ((8, 8, 3), 16)])
def test_levels_are_for_integers_and_grey_images(shape, levels):
    with pytest.raises(ValueError, match="`levels` must be given for maps of integers"):
        keras_gen.networks.pixel_cnn(shape, levels=levels)


def test_a_network_of_another_size_is_refused():
    inputs = keras.Input((8, 8, 1))
    network = keras.Model(inputs, keras.layers.Conv2D(3, 3)(inputs))
    with pytest.raises(ValueError, match=r"`network` must give outputs of shape \(batch, 8, 8, "):
        keras_gen.PixelCNN(network)
    inputs = keras.Input((None, None, 1))
    network = keras.Model(inputs, keras.layers.Conv2D(3, 1)(inputs))
    with pytest.raises(ValueError, match="`network` must take images of one size"):
        keras_gen.PixelCNN(network)


@pytest.mark.one_backend
def test_the_recipe_makes_what_it_is_told_to():
    recipe = PixelCNNRecipe(
        dataset="digits", filters=2, blocks=1, likelihood="softmax", levels=17, labelled=True
    )
    model = recipe.build(recipe.open(), 10)
    assert (model.num_classes, model.levels, model.likelihood) == (10, 17, "softmax")
    assert model.network.output_shape == (None, 8, 8, 17)
    colour = PixelCNNRecipe(dataset="digits", filters=2, blocks=1, channels=3, components=4)
    assert colour.build(colour.open(), 10).network.output_shape == (None, 8, 8, 40)
