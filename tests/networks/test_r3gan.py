import keras
import numpy as np
import pytest

from keras_gen import networks


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (9, 14, 3)])
def test_sizes_that_are_no_power_of_two_are_cropped_to(shape):
    generator = networks.r3gan_generator(shape, latent_dim=4, base_filters=2, blocks=1)
    discriminator = networks.r3gan_discriminator(shape, base_filters=2, blocks=1)
    images = generator(np.zeros((2, 4), "float32"))
    assert tuple(images.shape) == (2, *shape)
    assert tuple(discriminator(images).shape) == (2, 1)


def test_residual_blocks_begin_as_the_identity():
    """The last convolution of a block is zero: the untrained generator is linear in the latents."""
    generator = networks.r3gan_generator((8, 8, 1), latent_dim=4, base_filters=4, blocks=2, seed=0)
    latents = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    images = array(generator(latents, training=True))
    scaled = array(generator(-2 * latents, training=True))
    np.testing.assert_allclose(scaled, -2 * images, rtol=1e-4, atol=1e-5)
    assert images.std() > 0.1


def test_images_are_limited_outside_of_training_alone():
    generator = networks.r3gan_generator((8, 8, 1), latent_dim=4, base_filters=4, blocks=1, seed=0)
    latents = 100 * np.ones((1, 4), "float32")
    assert np.abs(array(generator(latents, training=True))).max() > 1
    assert np.abs(array(generator(latents))).max() <= 1


@pytest.mark.parametrize(("filters", "blocks"), [(16, 1), (64, 2)])
def test_one_group_has_the_weights_of_groups_of_sixteen(filters, blocks):
    sizes = {"image_shape": (16, 16, 3), "base_filters": filters, "blocks": blocks}
    plain = networks.r3gan_discriminator(**sizes).count_params()
    grouped = networks.r3gan_discriminator(**sizes, group_size=16).count_params()
    assert plain == pytest.approx(grouped, rel=0.03)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_shape": (7, 8, 1)}, "`image_shape` must have a height and a width of at least 8"),
        ({"blocks": 0}, "`blocks` must be an integer of at least 1. Received: blocks=0"),
        ({"group_size": 3}, "`group_size` must divide twice `base_filters`"),
        ({"num_classes": 0}, "`num_classes` must be an integer of at least 1"),
    ],
)
@pytest.mark.parametrize("build", [networks.r3gan_generator, networks.r3gan_discriminator])
def test_what_cannot_be_built_is_refused(build, arguments, message):
    with pytest.raises(ValueError, match=message):
        build(**{"image_shape": (8, 8, 1), "base_filters": 4, **arguments})
