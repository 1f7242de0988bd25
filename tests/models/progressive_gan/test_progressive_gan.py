import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.layers import EqualizedConv2D, EqualizedDense, FadeIn
from keras_gen.models.progressive_gan.cuts import discriminator_at, generator_at
from keras_gen.models.progressive_gan.recipe import ProgressiveGANRecipe
from tests.cases import UNTRACED, images, latents
from tests.models.helpers import array
from tests.models.progressive_gan.case import build

SHAPE = (16, 16, 1)


def grown(size, fade_steps=0, **options):
    """A model of 16 pixels that stands at a size, and does not move its weights."""
    keras.utils.set_random_seed(0)
    model = build(SHAPE, **options)
    model.compile(
        keras.optimizers.SGD(0.0),
        keras.optimizers.SGD(0.0),
        size=size,
        fade_steps=fade_steps,
        **UNTRACED,
    )
    return model


def doubled(x, times=1):
    return x.repeat(2**times, axis=1).repeat(2**times, axis=2)


def averaged(x, factor):
    n, side, _, channels = x.shape
    small = side // factor
    return x.reshape(n, small, factor, small, factor, channels).mean((2, 4))


def made(model, size):
    """Images of one size by the generator, and the new layers' own."""
    at = generator_at(model.generator, size)
    own = keras.Model(model.generator.inputs[0], model.generator.get_layer(f"image_{size}").output)
    return array(at(latents())), array(own(latents()))


def test_a_share_of_0_is_the_size_before_enlarged_and_a_share_of_1_the_new_layers_alone():
    model = grown(size=8)
    before = array(model(latents()))
    of_8, own_8 = made(model, 8)
    np.testing.assert_array_equal(of_8, own_8)
    np.testing.assert_array_equal(before, np.clip(doubled(of_8), -1, 1))
    model.compile(size=16, fade_steps=10)
    assert model.share == 0.0
    _, own_16 = made(model, 16)
    np.testing.assert_array_equal(array(model(latents())), before)
    model.fade(1.0)
    np.testing.assert_array_equal(array(model(latents())), np.clip(own_16, -1, 1))
    model.fade(0.25)
    expected = 0.75 * doubled(of_8) + 0.25 * own_16
    np.testing.assert_allclose(array(model(latents())), np.clip(expected, -1, 1), atol=1e-6)
    assert np.abs(own_16 - doubled(of_8)).max() > 1e-2


@pytest.mark.parametrize("size", [4, 8, 16])
def test_the_discriminator_of_a_size_judges_what_the_whole_one_judges_reduced(size):
    model = grown(size)
    x = images(4, SHAPE)
    whole = array(model.discriminator(x))
    part = array(discriminator_at(model.discriminator, size)(averaged(x, 16 // size)))
    assert np.std(whole) > 1e-3
    np.testing.assert_allclose(part, whole, atol=1e-5)
    # It does not run layers of larger sizes.
    weights = len(discriminator_at(model.discriminator, size).trainable_variables)
    assert weights == {4: 8, 8: 14, 16: 20}[size]


def test_the_discriminator_grows_without_a_jump():
    model = grown(size=8)
    x = images(4, SHAPE)
    before = array(model.discriminator(x))
    model.compile(size=16, fade_steps=10)
    np.testing.assert_array_equal(array(model.discriminator(x)), before)
    model.fade(1.0)
    assert np.abs(array(model.discriminator(x)) - before).max() > 1e-3


def test_growing_keeps_what_smaller_sizes_have_learnt_and_leaves_larger_ones_alone():
    keras.utils.set_random_seed(0)
    model = build(SHAPE, ema_decay=0.9)
    networks = {"generator": model.generator, "discriminator": model.discriminator}

    def weights():
        return {
            f"{name}/{weight.path}": array(weight)
            for name, network in networks.items()
            for weight in network.trainable_variables
        }

    start = weights()
    model.compile(size=8, **UNTRACED)
    model.fit(images(4, SHAPE), batch_size=4, verbose=0)
    learnt = weights()
    moved = {path for path in start if (start[path] != learnt[path]).any()}
    larger = {path for path in start if "16" in path or "/pixels/" in path}
    for path in (
        "generator/size_8_1",
        "generator/image_8",
        "generator/base",
        "discriminator/size_4",
    ):
        assert f"{path}/kernel" in moved
    assert larger and not moved & larger
    model.compile(size=16, fade_steps=2, **UNTRACED)
    for path, values in weights().items():
        np.testing.assert_array_equal(values, learnt[path])
    assert all(
        int(optimizer.iterations) == 0 for optimizer in model.optimizer.optimizers
    )  # The paper's: moments begin anew.


def test_the_share_goes_linearly_to_1_and_stays_there():
    model, shares = grown(8, fade_steps=4, ema_decay=0.9), []
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: shares.append(model.share)
    )
    model.fit(images(2, SHAPE), batch_size=2, epochs=6, verbose=0, callbacks=[note])
    assert shares == [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]
    networks = model.generator, model.discriminator, model.ema_generator
    fades = [{x.name: x for x in n.layers if isinstance(x, FadeIn)} for n in networks]
    assert [[float(f[name].share) for name in ("fade_8", "fade_16")] for f in fades] == [
        [1.0, 0.0]
    ] * 3


def test_real_images_are_averaged_and_their_details_fade_in():
    model, x = grown(8, fade_steps=4), images(3, SHAPE)
    fine, coarse = averaged(x, 2), doubled(averaged(x, 4))
    for share in (0.0, 0.25, 1.0):
        model.fade(share)
        expected = (1 - share) * coarse + share * fine
        np.testing.assert_allclose(array(model.reduced(x)), expected, atol=1e-6)
    np.testing.assert_array_equal(array(grown(16).reduced(x)), x)


def test_the_loss_is_the_critic_s_with_ten_penalties_and_a_thousandth_of_the_drift():
    model = grown(8, fade_steps=4)
    x = images(4, SHAPE)
    model.fade(0.5)
    logs = model.evaluate(x, verbose=0, return_dict=True)
    terms = [logs[t] for t in ("wasserstein_estimate", "gradient_penalty", "drift_penalty")]
    assert logs["discriminator_loss"] == pytest.approx(
        -terms[0] + 10.0 * terms[1] + 0.001 * terms[2], rel=1e-5
    )
    scores = array(discriminator_at(model.discriminator, 8)(model.reduced(x)))
    assert terms[2] == pytest.approx(np.square(scores).mean(), rel=1e-5)


@pytest.mark.slow
@pytest.mark.one_backend
def test_a_file_of_a_fade_goes_on_as_if_it_had_not_stopped(tmp_path):
    options = {"x": images(12, SHAPE), "batch_size": 4, "verbose": 0, "shuffle": False}
    keras.utils.set_random_seed(0)
    model = build(SHAPE, ema_decay=0.9)
    model.compile(size=8, fade_steps=8)
    model.fit(**options)
    model.save(tmp_path / "fading.keras")
    straight = model.fit(**options).history
    loaded = keras.saving.load_model(tmp_path / "fading.keras")
    assert (loaded.size, loaded.fade_steps, loaded.share) == (8, 8, 0.25)
    assert loaded.fit(**options).history == straight
    assert loaded.share == model.share == 0.625
    for ours, theirs in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_array_equal(array(ours), array(theirs))


def test_every_layer_is_scaled_when_it_runs_and_moves_by_the_same_share():
    """Kernels are of deviation 1, divided by the root of their inputs; a step of Adam is the rate."""
    keras.utils.set_random_seed(0)
    model = build(SHAPE, base_filters=4)
    networks = model.generator, model.discriminator
    layers = [
        layer
        for network in networks
        for layer in network.layers
        if isinstance(layer, EqualizedConv2D | EqualizedDense)
    ]
    before = [array(layer.kernel) for layer in layers]
    assert np.concatenate([kernel.ravel() for kernel in before]).std() == pytest.approx(1, abs=0.02)
    layer = model.generator.get_layer("size_16_2")
    ones = np.ones((1, 3, 3, 4), "float32")
    scale = array(layer(ones))[0, 1, 1] / array(layer.kernel).sum((0, 1, 2))
    np.testing.assert_allclose(scale, np.sqrt(2.0) / np.sqrt(9 * 4), rtol=1e-4)
    model.compile(**UNTRACED)
    model.fit(images(8, SHAPE), batch_size=8, verbose=0)
    for layer, kernel in zip(layers, before, strict=True):
        moved = np.abs(array(layer.kernel) - kernel)
        if moved.any():  # Those to and from images of smaller sizes have faded out.
            assert np.median(moved[moved > 0]) == pytest.approx(1e-3, rel=0.1), layer.name
    assert sum((array(x.kernel) != k).any() for x, k in zip(layers, before, strict=True)) == 15


WRONG = {
    "size": lambda: build(SHAPE).compile(size=32),
    "fade_steps": lambda: build(SHAPE).compile(size=8, fade_steps=-1),
    "drift_weight": lambda: build(drift_weight=-1.0),
    "penalty_weight": lambda: build(penalty_weight=-1.0),
}


@pytest.mark.parametrize("argument", WRONG)
def test_what_can_not_be_meant_is_refused(argument):
    with pytest.raises(ValueError, match=rf"`{argument}`.* Received"):
        WRONG[argument]()


def test_the_smallest_size_can_not_fade_in():
    with pytest.raises(ValueError, match=r"`fade_steps` must be 0 at the smallest size, 4"):
        build(SHAPE).compile(size=4, fade_steps=2)


def test_networks_that_can_not_grow_are_refused():
    networks = keras_gen.networks
    growing = networks.progressive_generator((8, 8, 1), 3, 2)
    plain = networks.dcgan_discriminator((8, 8, 1), 2)
    with pytest.raises(ValueError, match=r"`discriminator` must have a layer `fade_<size>`"):
        keras_gen.ProgressiveGAN(growing, plain, latent_dim=3)


@pytest.mark.one_backend
@pytest.mark.parametrize(
    ("side", "stages"),
    [(8, {"4": 1, "8": 2}), (16, {"4": 1, "8": 2, "16": 2}), (32, {"8": 1, "16": 2, "32": 2})],
)
def test_the_recipe_has_a_stage_for_each_size_and_fades_for_half_of_it(side, stages):
    recipe = ProgressiveGANRecipe(dataset="digits", image_size=side, base_filters=2, latent_dim=3)
    opened = recipe.open()
    assert {stage.name: stage.epochs for stage in recipe.stages(opened)} == stages
    if side == 8:
        model = recipe.build(opened, 90)
        assert (model.size, model.fade_steps, model.ema_decay) == (4, 0, 0.999)
        recipe.begin_stage(model, "8", opened, 60)
        assert (model.size, model.fade_steps) == (8, 30)
        settings = model.optimizer["generator"].get_config()
        rates = {name: settings[name] for name in ("learning_rate", "beta_1", "beta_2", "epsilon")}
        assert rates == pytest.approx(
            {"learning_rate": 1e-3, "beta_1": 0.0, "beta_2": 0.99, "epsilon": 1e-8}
        )
