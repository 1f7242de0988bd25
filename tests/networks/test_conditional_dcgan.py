import keras
import numpy as np
import pytest

from keras_gen.networks import (
    conditional_dcgan_discriminator,
    conditional_dcgan_generator,
    dcgan_discriminator,
    dcgan_generator,
)

SHAPES = [(8, 8, 1), (9, 30, 3), (28, 28, 1)]


@pytest.mark.parametrize("conditioning", ["embedding", "one_hot"])
@pytest.mark.parametrize("shape", SHAPES)
def test_generator_makes_images_of_the_class(shape, conditioning, run, scramble):
    model = conditional_dcgan_generator(shape, 3, 4, conditioning, 8)
    scramble(model)
    latents = np.ones((3, 4), "float32")
    images = run(model, [latents, np.array([0, 1, 1])])
    assert images.shape == (3, *shape)
    assert np.abs(images[0] - images[1]).max() > 1e-3
    np.testing.assert_allclose(images[1], images[2], atol=1e-6)


@pytest.mark.parametrize("conditioning", ["projection", "one_hot", "embedding"])
@pytest.mark.parametrize("shape", SHAPES)
def test_discriminator_scores_image_and_class_together(shape, conditioning, sample, run, scramble):
    model = conditional_dcgan_discriminator(shape, 3, conditioning, 2)
    scramble(model)
    image = np.repeat(sample(model, 1)[0], 3, axis=0)
    logits = run(model, [image, np.array([0, 1, 1])])
    assert logits.shape == (3, 1)
    assert abs(logits[0] - logits[1]).item() > 1e-3
    np.testing.assert_allclose(logits[1], logits[2], atol=1e-5)


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
def test_labels_may_be_any_integers(dtype, sample, run):
    model = conditional_dcgan_discriminator((8, 8, 1), 3, base_filters=2)
    images, _ = sample(model)
    labels = np.array([2, 0])
    np.testing.assert_array_equal(
        run(model, [images, labels.astype(dtype)]), run(model, [images, labels])
    )


def test_generator_parameters_by_hand():
    # As the unconditional one's with wider latents; and the embedding, 10 x 64.
    size = (28, 28, 1)
    plain = dcgan_generator(size, 64, 16).count_params()
    embedded = conditional_dcgan_generator(size, 10, 64, base_filters=16)
    assert embedded.count_params() == plain + 64 * 7 * 7 * 32 + 640
    one_hot = conditional_dcgan_generator(size, 10, 64, "one_hot", 16)
    assert one_hot.count_params() == plain + 10 * 7 * 7 * 32


def test_discriminator_parameters_by_hand():
    size = (28, 28, 1)
    plain = dcgan_discriminator(size, 16).count_params()

    def count(conditioning, auxiliary=False):
        return conditional_dcgan_discriminator(
            size, 10, conditioning, 16, auxiliary_classifier=auxiliary
        ).count_params()

    features = 7 * 7 * 32
    assert count("projection") == plain + 10 * 32
    assert count("one_hot") == plain + 4 * 4 * 10 * 16
    assert count("embedding") == plain + 4 * 4 * 1 * 16 + 10 * 28 * 28
    assert count(None, True) == plain + 10 * features + 10
    assert count("projection", True) == plain + 10 * 32 + 10 * features + 10


def test_generator_weight_paths():
    paths = [w.path for w in conditional_dcgan_generator((8, 8, 1), 3, 4, base_filters=2).weights]
    assert paths == [
        "label_embedding/embeddings",
        "base/kernel",
        "base_normalization/gamma",
        "base_normalization/beta",
        "base_normalization/moving_mean",
        "base_normalization/moving_variance",
        "image/kernel",
        "image/bias",
    ]


def test_discriminator_weight_paths():
    model = conditional_dcgan_discriminator((8, 8, 1), 3, base_filters=2, auxiliary_classifier=True)
    assert [w.path for w in model.weights] == [
        "down_1/kernel",
        "down_1/bias",
        "logits/kernel",
        "logits/bias",
        "label_projection/kernel",
        "class_logits/kernel",
        "class_logits/bias",
    ]


def test_label_map_is_one_hot_across_channels_at_every_pixel(sample, run):
    model = conditional_dcgan_discriminator((8, 10, 2), 4, "one_hot", 2)
    inner = keras.Model(model.inputs, model.get_layer("label_map").output)
    images, _ = sample(model)
    maps = run(inner, [images, np.array([1, 3])])
    np.testing.assert_array_equal(maps[..., :2], images)
    np.testing.assert_array_equal(maps[0, ..., 2:], np.broadcast_to([0, 1, 0, 0], (8, 10, 4)))
    np.testing.assert_array_equal(maps[1, ..., 2:], np.broadcast_to([0, 0, 0, 1], (8, 10, 4)))


def test_latents_meet_the_one_hot_class(run):
    model = conditional_dcgan_generator((8, 8, 1), 3, 2, "one_hot", 2)
    inner = keras.Model(model.inputs, model.get_layer("latents_and_label").output)
    latents = np.array([[0.5, -1.0], [2.0, 3.0]], "float32")
    np.testing.assert_array_equal(
        run(inner, [latents, np.array([2, 0])]), [[0.5, -1, 0, 0, 1], [2, 3, 1, 0, 0]]
    )


def test_label_embedding_starts_as_long_as_a_one_hot_code():
    # Larger, it drowned the latents: one picture a class.
    model = conditional_dcgan_generator((8, 8, 1), 100, 64, base_filters=2, seed=0)
    table = model.get_layer("label_embedding").get_weights()[0]
    assert 0.95 < np.linalg.norm(table, axis=1).mean() < 1.05


def test_projection_adds_the_inner_product_with_the_map_s_mean(sample, run, scramble):
    model = conditional_dcgan_discriminator((8, 8, 1), 3, base_filters=2)
    scramble(model)
    inner = keras.Model(model.inputs, model.get_layer("features").output)
    images, labels = sample(model, 4)
    features = run(inner, [images, labels])
    kernel, bias = model.get_layer("logits").get_weights()
    (table,) = model.get_layer("label_projection").get_weights()
    pooled = features.reshape(4, 4 * 4, 2).mean(axis=1)
    expected = features @ kernel + bias + np.sum(pooled * table[labels], axis=1, keepdims=True)
    np.testing.assert_allclose(run(model, [images, labels]), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("conditioning", ["projection", None])
def test_class_head_does_not_see_the_label(conditioning, sample, run, scramble):
    model = conditional_dcgan_discriminator(
        (8, 8, 1), 3, conditioning, 2, auxiliary_classifier=True
    )
    scramble(model)
    images, _ = sample(model, 2)
    logits, classes = run(model, [images, np.array([0, 1])])
    other_logits, other_classes = run(model, [images, np.array([2, 2])])
    assert logits.shape == (2, 1) and classes.shape == (2, 3)
    np.testing.assert_array_equal(classes, other_classes)
    assert (np.abs(logits - other_logits).min() > 1e-3) == (conditioning == "projection")


@pytest.mark.parametrize("conditioning", ["one_hot", "embedding"])
def test_class_head_is_refused_features_that_saw_the_label(conditioning):
    with pytest.raises(ValueError, match=f"not seen the label.*conditioning='{conditioning}'"):
        conditional_dcgan_discriminator((8, 8, 1), 3, conditioning, auxiliary_classifier=True)


def test_spectral_normalisation_covers_the_projection():
    model = conditional_dcgan_discriminator((8, 8, 1), 3, base_filters=2, normalization="spectral")
    wrapped = {layer.name for layer in model.layers if layer.name.endswith("_spectral")}
    assert wrapped == {"down_1_spectral", "logits_spectral", "label_projection_spectral"}
