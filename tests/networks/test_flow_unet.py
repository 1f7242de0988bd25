import keras
import numpy as np
import pytest

from keras_gen import networks


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def inputs(shape, n=2, seed=0):
    random = np.random.default_rng(seed)
    images = random.standard_normal((n, *shape)).astype("float32")
    return [images, np.linspace(0.2, 0.8, n, dtype="float32")]


def awake(shape=(8, 8, 1), **options):
    """A network whose last layers of blocks, zeros at first, say something."""
    network = networks.flow_unet(shape, base_filters=4, seed=0, **options)
    random = np.random.default_rng(0)
    network.set_weights([w + 0.2 * random.standard_normal(w.shape) for w in network.get_weights()])
    return network


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (9, 14, 3), (33, 64, 2)])
def test_any_size_from_8_comes_back(shape):
    network = networks.flow_unet(shape, base_filters=2)
    assert tuple(network(inputs(shape)).shape) == (2, *shape)


def test_it_has_the_weights_that_are_said():
    assert networks.flow_unet((28, 28, 1)).count_params() == pytest.approx(1.4e6, rel=0.03)


@pytest.mark.parametrize(("shape", "patch_size"), [((8, 12, 3), 2), ((32, 16, 1), 4)])
def test_patches_are_the_pixels_of_its_finest_map(shape, patch_size):
    network = awake(shape, patch_size=patch_size)
    finest = network.get_layer("pixels").output.shape[1:3]
    assert finest == tuple(side // patch_size for side in shape[:2])
    given = inputs(shape)
    made = array(network(given))
    assert made.shape == (2, *shape)
    assert np.abs(made[:, ::patch_size] - made[:, 1::patch_size]).mean() > 0.1  # no copies
    given[0][:, patch_size - 1 :: patch_size, patch_size - 1 :: patch_size] += 1.0
    assert np.abs(array(network(given)) - made).max() > 0.1  # Patches are seen to their ends.


def test_of_an_image_the_velocity_is_what_is_left_of_the_way():
    network, (images, _) = awake(predicts="image"), inputs((8, 8, 1), n=3)
    whole = keras.Model(network.inputs, [network.get_layer("velocity").input[0], network.output])
    times = np.array([0.0, 0.5, 1.0], "float32")
    image, velocity = (array(part) for part in whole([images, times]))
    left = np.array([1.0, 0.5, 0.05])[:, None, None, None]
    np.testing.assert_allclose(velocity, (image - images) / left, rtol=1e-4, atol=1e-4)
    assert np.abs(image).max() > 0.1
    with pytest.raises(ValueError, match=r"`predicts` must be one of.* Received: predicts='noise'"):
        networks.flow_unet((8, 8, 1), predicts="noise")


def test_sides_that_are_no_patches_are_refused():
    with pytest.raises(ValueError, match=r"`image_shape`.*divisible by 2. Received: .*\(9, 8, 1\)"):
        networks.flow_unet((9, 8, 1), patch_size=2)


@pytest.mark.parametrize("normalization", ["rms", "group", None])
def test_it_begins_with_zeros_and_hears_the_time(normalization):
    fresh = networks.flow_unet((8, 8, 1), base_filters=4, normalization=normalization)
    assert not array(fresh(inputs((8, 8, 1)))).any()
    network, (images, _) = awake(normalization=normalization), inputs((8, 8, 1))
    early, late = (array(network([images, np.full(2, t, "float32")])) for t in (0.0, 1.0))
    assert np.abs(early - late).max() > 0.1


def test_a_class_and_none_are_told_apart():
    network = awake(num_classes=3)
    given = inputs((8, 8, 1))
    first, last, none = (
        array(network([*given, np.full(2, label, "int32")])) for label in (0, 2, 3)
    )
    assert np.abs(first - last).max() > 0.1 and np.abs(last - none).max() > 0.1


def test_images_do_not_see_each_other():
    network, (images, times) = awake(), inputs((8, 8, 1), n=3)
    together = array(network([images, times]))
    alone = array(network([images[1:2], times[1:2]]))
    np.testing.assert_allclose(together[1:2], alone, rtol=1e-4, atol=1e-5)
