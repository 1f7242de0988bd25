import keras
import numpy as np
from keras import ops

import keras_gen
from keras_gen.networks import efficientnet_lite0, projected_discriminator
from tests.cases import images
from tests.networks.test_every_network import SEEING


class Nothing:
    """A loss of which nothing is learnt."""

    name = "nothing"

    def discriminator_loss(self, real_logits, fake_logits):
        return 0.0 * (ops.sum(real_logits) + ops.sum(fake_logits))

    def generator_loss(self, fake_logits):
        return 0.0 * ops.sum(fake_logits)


def no_generator(shape):
    layers = [keras.Input((2,)), keras.layers.Dense(int(np.prod(shape)))]
    return keras.Sequential([*layers, keras.layers.Reshape(shape)])


def build(**arguments):
    return projected_discriminator((12, 16, 3), SEEING, None, ("fine", "coarse"), 2, 4, **arguments)


def test_penalties_teach_the_judges():
    """Images are enlarged before they are judged, which a penalty's gradient has to come through twice."""
    model = keras_gen.GAN(no_generator((12, 16, 3)), build(), latent_dim=2)
    model.compile(
        keras.optimizers.SGD(0.0), keras.optimizers.SGD(1.0), loss=Nothing(), r1_weight=10.0
    )
    judges = [w for w in model.discriminator.trainable_variables if w.path.endswith("kernel")]
    before = [ops.convert_to_numpy(w) for w in judges]
    model.fit(images(4, (12, 16, 3)), batch_size=4, verbose=0)
    moved = [np.abs(ops.convert_to_numpy(w) - b).max() for w, b in zip(judges, before, strict=True)]
    assert min(moved) > 0.0


def test_a_judge_for_each_layer_with_filters_doubled():
    model = projected_discriminator((64, 64, 3), efficientnet_lite0((64, 64, 3)), enlarge=2)
    # Maps of 32, 16, 8 and 4 pixels, halved as far as 8, and patches one smaller.
    assert [shape[1:] for shape in model.output_shape] == [(7, 7, 1)] * 3 + [(3, 3, 1)]
    patches = [model.get_layer(f"judge_{n}_patch_spectral").output.shape[-1] for n in (1, 2, 3, 4)]
    assert patches == [32, 64, 128, 256]


def test_only_the_judges_learn_and_the_classifier_is_copied():
    model = build(seed=0)
    assert {layer.name for layer in model.layers if layer.trainable_weights} == {
        f"judge_{number}_{layer}_spectral" for number in (1, 2) for layer in ("patch", "logits")
    } | {"judge_1_down_1_spectral"}
    for ours, theirs in zip(model.get_layer("features").weights, SEEING.weights, strict=True):
        assert ours is not theirs and theirs.trainable
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_the_copy_stays_frozen_in_a_file(tmp_path):
    model = build(seed=0)
    model.save(tmp_path / "discriminator.keras")
    loaded = keras.saving.load_model(tmp_path / "discriminator.keras")
    assert len(loaded.trainable_weights) == len(model.trainable_weights) < len(model.weights)


def test_maps_are_mixed_over_channels_and_from_the_coarse_to_the_fine():
    model = build(seed=0)
    images = np.random.default_rng(0).uniform(-1, 1, (2, 12, 16, 3)).astype("float32")

    def convolved(x, name):
        return ops.conv(x, model.get_layer(name).kernel, padding="same")

    large = ops.image.resize(images, (24, 32), "bilinear")
    fine = ops.conv(large, SEEING.get_layer("fine").kernel, 2, "same")
    coarse = convolved(ops.conv(fine, SEEING.get_layer("coarse").kernel, 2, "same"), "channels_2")
    coarse = convolved(coarse, "mixed_2")
    up = ops.image.resize(convolved(coarse, "sizes_1"), (12, 16), "bilinear")
    wanted = convolved(convolved(fine, "channels_1") + up, "mixed_1"), coarse
    maps = keras.Model(model.input, [model.get_layer(f"mixed_{n}").output for n in (1, 2)])(images)
    for ours, theirs in zip(maps, wanted, strict=True):
        np.testing.assert_allclose(
            ops.convert_to_numpy(ours), ops.convert_to_numpy(theirs), atol=1e-5
        )


def test_an_odd_map_is_enlarged_to_the_one_before():
    model = projected_discriminator((10, 14, 3), SEEING, None, ("fine", "coarse"), base_filters=4)
    assert model.get_layer("mixed_1").output.shape[1:3] == (5, 7)


def test_of_pairs_the_features_of_both_are_judged_and_grey_images_have_three_equal_channels():
    shapes = (12, 16, 1), (12, 16, 3)
    model = projected_discriminator(shapes[0], SEEING, shapes[1], ("fine", "coarse"), 2, 4, seed=0)
    generator = np.random.default_rng(0)
    grey, colour = (generator.uniform(-1, 1, (2, *shape)).astype("float32") for shape in shapes)
    both = keras.Model(model.input, model.get_layer("both_2").output)([grey, colour])
    features = model.get_layer("features")
    for number, shown in enumerate((np.repeat(grey, 3, axis=-1), colour)):
        _, coarse = features(ops.image.resize(shown, (24, 32), "bilinear"))
        np.testing.assert_allclose(
            ops.convert_to_numpy(both)[..., 4 * number : 4 * number + 4],
            ops.convert_to_numpy(coarse),
            atol=1e-5,
        )
