import math

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.core.priors import NormalWithCodes
from keras_gen.evaluation import evaluate
from keras_gen.models.info_gan.recipe import InfoGANRecipe
from tests.cases import IMAGE_SHAPE, UNTRACED, images
from tests.models.helpers import array, first_logs, handed, kernel, no_opinion, sgd
from tests.models.info_gan.case import CATEGORIES, CONTINUOUS, LATENT_DIM, NOISE_DIM, build

SHAPE = (2, 2, 1)


def linear_generator():
    """Images that are a linear function of their latents."""
    dense = keras.layers.Dense(4, kernel_initializer=keras.initializers.RandomNormal(seed=0))
    return keras.Sequential([keras.Input((1 + 3 + 1,)), dense, keras.layers.Reshape(SHAPE)])


def telling(weights=None, blind=True):
    """A discriminator whose logits are zeros, and a linear Q of three categories and one number."""
    image = keras.Input(SHAPE)
    pixels = keras.layers.Flatten()(image)
    logits = keras.layers.Dense(1, kernel_initializer="zeros", trainable=not blind)(pixels)
    dense = keras.layers.Dense(4, kernel_initializer="zeros")
    network = keras.Model(image, [logits, dense(pixels)])
    if weights is not None:
        dense.kernel.assign(weights)
    return network


def known(weights=None, **options):
    return keras_gen.InfoGAN(
        linear_generator(), telling(weights, **options), noise_dim=1, categories=3, continuous=1
    )


def some_weights():
    return np.random.default_rng(3).normal(size=(4, 4)).astype("float32")


# The paper's details


@pytest.mark.parametrize("sharpness", [0.0, 1.0, 100.0])
def test_the_bound_is_never_above_the_entropy_of_the_codes(sharpness):
    model = build()
    entropy = math.log(CATEGORIES) + CONTINUOUS * math.log(2.0)
    assert model.prior.entropy == pytest.approx(entropy)
    latents = model.prior.draw(200, seed=0)
    _, one_hot, numbers = model.prior.parts(latents)
    # Q that knows the codes, the surer the sharper it is.
    told = np.concatenate([sharpness * one_hot, min(sharpness, 1.0) * numbers], axis=1)
    category, density = (float(array(x)) for x in model.surprises(latents, told))
    # A normal density of variance 1 is below 1 everywhere, and so is a probability.
    assert category >= 0 and density >= CONTINUOUS * 0.5 * math.log(2 * math.pi) - 1e-5
    assert entropy - category - density <= entropy
    if sharpness == 100.0:
        assert category == pytest.approx(0.0, abs=1e-5)
        assert density == pytest.approx(CONTINUOUS * 0.5 * math.log(2 * math.pi), rel=1e-5)
    if sharpness == 0.0:
        assert category == pytest.approx(math.log(CATEGORIES), rel=1e-5)


def test_noise_has_its_deviation_in_steps_and_on_the_host():
    prior = NormalWithCodes(50, categories=3, continuous=2, noise_deviation=0.1)
    sampled = array(prior.sample(400, keras.random.SeedGenerator(0)))
    for latents in (sampled, prior.draw(400, seed=0)):
        noise, one_hot, numbers = prior.parts(latents)
        assert noise.std() == pytest.approx(0.1, rel=0.03)
        assert set(np.unique(one_hot)) == {0.0, 1.0} and numbers.std() > 0.5
    # Neighbours and walks stay as likely.
    near = prior.near(latents[0], 0.5, 400, seed=1)
    assert prior.parts(near - 0.75**0.5 * latents[0])[0].std() == pytest.approx(0.05, rel=0.03)


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_losses_are_the_games_and_a_weighted_sum_of_surprises(run_eagerly):
    """Q that says nothing: a category of three, and 0 for a number, whose square is a third on average."""
    model = sgd(known(), 0.0, category_weight=2.0, continuous_weight=0.5, run_eagerly=run_eagerly)
    logs = first_logs(model.fit(images(4000, SHAPE), batch_size=4000, verbose=0))
    number = 0.5 * (math.log(2 * math.pi) + 1 / 3)
    codes = 2.0 * math.log(3) + 0.5 * number
    expected = {
        "discriminator_loss": 2 * math.log(2) + codes,
        "generator_loss": math.log(2) + codes,
        "information": math.log(2) - number,
    }
    assert {name: logs[name] for name in expected} == pytest.approx(expected, abs=0.01)


def test_qs_gradient_reaches_the_generator_and_both_heads_body():
    """Where the discriminator is blind, the generator moves by what Q says alone."""
    weights = some_weights()

    def moved(**options):
        model = known(weights)
        before = kernel(model.generator).copy(), kernel(model.discriminator).copy()
        sgd(model, 0.5, **UNTRACED, **options).fit(images(4, SHAPE), verbose=0)
        after = kernel(model.generator), kernel(model.discriminator)
        return [np.abs(a - b).max() for a, b in zip(after, before, strict=True)]

    none = moved(category_weight=0.0, continuous_weight=0.0)
    assert none == [0.0, 0.0]
    for options in ({"continuous_weight": 0.0}, {"category_weight": 0.0}):
        assert min(moved(**options)) > 1e-4, options


def test_the_body_that_both_heads_share_is_moved_by_q():
    start, bodies = build().get_weights(), []
    for weight in (0.0, 5.0):
        model = build()
        model.set_weights(start)
        keras.utils.set_random_seed(0)
        sgd(model, 0.1, **UNTRACED, category_weight=weight).fit(images(4), verbose=0)
        bodies.append(kernel(model.discriminator))
    assert np.abs(bodies[0] - bodies[1]).max() > 1e-4


def test_codes_are_drawn_anew_in_each_phase():
    model = build()
    model.compile()
    given = dict(handed(model, images(6)))
    shown, used = (given[phase]["latents"] for phase in ("discriminator", "generator"))
    for part, other in zip(model.prior.parts(shown), model.prior.parts(used), strict=True):
        assert (part != other).any()
    # Q is asked for the codes that its images were made of.
    for phase in ("discriminator", "generator"):
        latents, fakes = given[phase]["latents"], given[phase]["fakes"]
        again = array(model.generator(latents, training=True))
        np.testing.assert_allclose(fakes, again, atol=1e-5)


@pytest.mark.slow
def test_categories_become_what_images_show():
    """Two kinds of image, and a category of two: before long Q tells each generated image's code."""
    keras.utils.set_random_seed(0)
    generator = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(4, "tanh"), keras.layers.Reshape(SHAPE)]
    )
    image = keras.Input(SHAPE)
    body = keras.layers.Dense(8, "leaky_relu")(keras.layers.Flatten()(image))
    heads = [keras.layers.Dense(1)(body), keras.layers.Dense(2)(body)]
    model = keras_gen.InfoGAN(generator, keras.Model(image, heads), 2, categories=2, continuous=0)
    model.compile(*(keras.optimizers.Adam(0.02, beta_1=0.5) for _ in range(2)))
    kinds = np.repeat([[0.8, 0.8, -0.8, -0.8], [-0.8, -0.8, 0.8, 0.8]], 32, axis=0)
    reals = kinds.reshape(-1, *SHAPE).astype("float32")
    history = model.fit(reals, batch_size=32, epochs=100, verbose=0).history
    assert history["information"][-1] > 0.6 * math.log(2)
    codes = np.arange(100) % 2
    told = model.infer_codes(model.generate(seed=0, codes={"category": codes}))
    assert np.mean(told["category"].argmax(1) == codes) > 0.85
    assert told["continuous"].shape == (100, 0)


# What is asked of it


def test_generate_puts_the_asked_codes_in_the_latents():
    model = build()
    asked = model.generate(3, seed=0, codes={"category": 1, "continuous": [0.5, -2.0]})
    latents = model.prior.draw(3, seed=0)
    latents[:, NOISE_DIM:] = [0, 1, 0, 0, 0.5, -2.0]
    np.testing.assert_array_equal(asked, model.generate(latents=latents))
    drawn = model.generate(latents=latents, codes={"category": [3, 0, 2]})
    latents[:, NOISE_DIM:-CONTINUOUS] = np.eye(CATEGORIES)[[3, 0, 2]]
    np.testing.assert_array_equal(drawn, model.generate(latents=latents))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"codes": {"category": CATEGORIES}}, r"`codes\['category'\]`.*\[0, 4\). Received: 4"),
        ({"codes": {"category": -1}}, r"`codes\['category'\]`.*Received: -1"),
        ({"codes": {"category": 0.5}}, r"`codes\['category'\]`.*Received: 0.5"),
        ({"codes": {"continuous": [0.0]}}, r"`codes\['continuous'\]`.*\(2,\).*Received: shape \(1"),
        ({"codes": {"continuous": 0.0}}, r"`codes\['continuous'\]`.*Received: shape \(\)"),
        ({"codes": {"category": [0, 1]}}, r"`codes`.*each of 3. Received: codes of 2"),
        ({"codes": {"slant": 1}}, r"`codes` must be a dict of.*Received: codes=\{'slant': 1\}"),
        ({"codes": 3}, r"`codes` must be a dict of 'category'.*Received: codes=3"),
        ({"n": None, "codes": {"category": 0}}, r"Give `n`.*Received: neither"),
        ({"n": 0}, r"`n` must be an integer above 0. Received: n=0"),
    ],
)
def test_generate_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        build().generate(**{"n": 3, **arguments})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"noise_dim": 2}, r"`generator` must take inputs of shape \(batch, 6\). Received.*5\)"),
        ({"noise_dim": 0}, r"`noise_dim` must be an integer above 0. Received: noise_dim=0"),
        ({"categories": 1}, r"`categories` must be an integer, at least 2. Received: categories=1"),
        ({"continuous": -1}, r"`continuous` must be an integer from 0 up. Received: continuous=-1"),
        (
            {"noise_dim": 2, "categories": 2},
            r"`discriminator` must give outputs of shape \(batch, 3\). Received.*\(batch, 4\)",
        ),
        ({"discriminator": no_opinion(SHAPE)}, r"`discriminator` must give two outputs.*with 1"),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    arguments = {"generator": linear_generator(), "discriminator": telling()}
    arguments |= {"noise_dim": 1, "categories": 3, "continuous": 1, **options}
    with pytest.raises(ValueError, match=message):
        keras_gen.InfoGAN(**arguments)


@pytest.mark.parametrize("name", ["category_weight", "continuous_weight"])
def test_weights_are_checked(name):
    with pytest.raises(ValueError, match=f"`{name}` must be a number >= 0. Received: {name}=-1"):
        build().compile(**{name: -1})


@pytest.mark.slow
def test_saved_and_loaded_it_trains_on_as_it_was(tmp_path):
    model = build(ema_decay=0.9)
    model.compile(category_weight=0.5, continuous_weight=0.2, loss="relativistic", r1_weight=0.1)
    model.fit(images(4), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert (loaded.noise_dim, loaded.categories, loaded.continuous) == (3, 4, 2)
    assert (loaded.category_weight, loaded.continuous_weight) == (0.5, 0.2)
    codes = {"category": 2, "continuous": [0.1, 0.2]}
    ours, theirs = (m.generate(3, seed=0, codes=codes) for m in (model, loaded))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    histories = [m.fit(images(4), verbose=0).history for m in (model, loaded)]
    for name, values in histories[0].items():
        assert histories[1][name] == pytest.approx(values, rel=1e-4), name
    assert "r1_penalty" in histories[0]


def test_what_q_tells_is_its_softmax_and_its_means():
    weights = some_weights()
    told = known(weights).infer_codes(images(5, SHAPE))
    outputs = images(5, SHAPE).reshape(5, 4) @ weights
    powers = np.exp(outputs[:, :3])
    np.testing.assert_allclose(told["category"], powers / powers.sum(1, keepdims=True), rtol=1e-4)
    np.testing.assert_allclose(told["continuous"], outputs[:, 3:], rtol=1e-4, atol=1e-5)


def test_categories_are_named_by_the_best_assignment():
    """Q sees the brightest of three pixels; the labels are other names of them, one in four wrong."""
    model = known(10 * np.eye(4, dtype="float32"))
    shown = np.arange(12) % 3
    pictures = np.eye(4, dtype="float32")[shown].reshape(-1, *SHAPE)
    labels = np.array([2, 0, 1])[shown]
    assert model.code_accuracy(pictures, labels) == 1.0
    labels[:3] = [0, 1, 2]
    assert model.code_accuracy(pictures, labels) == pytest.approx(0.75)
    # Two categories can't both stand for one label.
    assert model.code_accuracy(pictures, np.zeros(12, int)) == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="`labels` must be 12 integers from 0 up"):
        model.code_accuracy(pictures, labels[:5])


def test_a_preview_has_a_row_of_each_category():
    model = build()
    made, columns = model.preview(seed=0)
    assert columns == 8 * (1 + CONTINUOUS) and made.shape == (CATEGORIES * columns, *IMAGE_SHAPE)
    drawn = model.prior.draw(8, seed=0)
    second = made.reshape(CATEGORIES, columns, *IMAGE_SHAPE)[1]
    expected = model.generate(latents=drawn, codes={"category": 1})
    np.testing.assert_allclose(second[:8], expected, atol=1e-5)
    ends = {"category": 1, "continuous": [[0, -2], [0, 2]]}
    expected = model.generate(latents=drawn[[0, 0]], codes=ends)
    np.testing.assert_allclose(second[[16, 23]], expected, atol=1e-5)


@pytest.mark.slow
def test_an_evaluation_names_labels_where_there_are_some():
    model = build()
    pictures, labels = images(24), np.arange(24, dtype="int32") % 3
    report = evaluate(model, (pictures, labels), features="classifier_digits")
    assert report["losses"]["code_accuracy"] == model.code_accuracy(pictures, labels)
    assert {"generator_loss", "information"} <= set(report["losses"])
    assert "code_accuracy" not in evaluate(model, pictures, features="classifier_digits")["losses"]


def test_under_mixed_precision_q_is_float32():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build()
    finally:
        keras.config.set_dtype_policy(policy)
    model.compile()
    history = model.fit(images(4), verbose=0).history
    assert np.isfinite(list(history.values())).all()
    assert all(
        keras.backend.standardize_dtype(x.dtype) == "float32" for x in model.discriminator.outputs
    )


@pytest.mark.one_backend
def test_the_recipe_changes_a_share_of_what_is_judged_from_the_first_step_on():
    recipe = InfoGANRecipe(dataset="digits", base_filters=2, diff_augment="rotation,scale", seed=5)
    layer = recipe.build(recipe.open(), 10).augmentation
    assert type(layer) is keras_gen.layers.DiffAugment and layer.seed == 5
    assert layer.operations == ("rotation", "scale") and layer.get_config()["probability"] == 0.8
    recipe = InfoGANRecipe(dataset="digits", base_filters=2)
    assert recipe.build(recipe.open(), 10).augmentation is None


@pytest.mark.one_backend
def test_the_recipe_has_the_codes_it_is_told():
    recipe = InfoGANRecipe(
        dataset="digits", base_filters=2, categories=5, continuous=1, continuous_weight=0.3
    )
    model = recipe.build(recipe.open(), 10)
    assert model.generator.input_shape == (None, 62 + 5 + 1)
    assert (model.categories, model.continuous) == (5, 1)
    assert (model.category_weight, model.continuous_weight) == (1.0, 0.3)


def test_the_prior_is_the_models():
    model = build()
    assert isinstance(model.prior, NormalWithCodes)
    assert model.latent_dim == LATENT_DIM
