import keras
import numpy as np
import pytest

from keras_gen.networks import dcgan_discriminator, dcgan_generator
from keras_gen.networks._blocks import doubled, halvings

SHAPES = [
    *((8, 8, 1), (9, 9, 3), (28, 28, 1), (30, 30, 2), (32, 32, 3)),
    *((17, 64, 5), (8, 33, 1), (100, 75, 3), (256, 256, 3)),
]


@pytest.mark.parametrize("upsampling", ["transposed", "nearest"])
@pytest.mark.parametrize("shape", SHAPES)
def test_generator_makes_images_of_the_shape(shape, upsampling, sample, run):
    model = dcgan_generator(shape, 3, 1, upsampling)
    images = run(model, sample(model))
    assert images.shape == (2, *shape)
    assert np.abs(images).max() <= 1


@pytest.mark.parametrize("shape", SHAPES)
def test_discriminator_gives_one_logit_an_image(shape, sample, run):
    model = dcgan_discriminator(shape, 1)
    assert run(model, sample(model, 3)).shape == (3, 1)


@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        ((8, 8), [(8, 8), (4, 4)]),
        ((9, 9), [(9, 9), (5, 5)]),
        ((28, 28), [(28, 28), (14, 14), (7, 7)]),
        ((30, 30), [(30, 30), (15, 15), (8, 8), (4, 4)]),
        ((16, 100), [(16, 100), (8, 50), (4, 25)]),
        ((64, 64), [(64, 64), (32, 32), (16, 16), (8, 8), (4, 4)]),
    ],
)
def test_sizes_halve_to_between_four_and_seven(size, sizes):
    assert halvings((*size, 3)) == sizes


def test_filters_double_up_to_eight_fold():
    assert [doubled(3, level) for level in range(6)] == [3, 6, 12, 24, 24, 24]
    model = dcgan_discriminator((256, 256, 3), 2)
    widths = [model.get_layer(f"down_{level}").filters for level in range(1, 7)]
    assert widths == [2, 4, 8, 16, 16, 16]


def test_generator_parameters_by_hand():
    # dense 64 x 7 x 7 x 32, no bias; normalisation 4 x 32; 4 x 4 x 32 x 16, no bias; 4 x 16;
    # 4 x 4 x 16 x 1 + 1
    model = dcgan_generator((28, 28, 1), latent_dim=64, base_filters=16)
    assert model.count_params() == 100352 + 128 + 8192 + 64 + 257


def test_discriminator_parameters_by_hand():
    # 4 x 4 x 1 x 16 + 16; 4 x 4 x 16 x 32, no bias; normalisation 4 x 32; 7 x 7 x 32 + 1
    model = dcgan_discriminator((28, 28, 1), base_filters=16)
    assert model.count_params() == 272 + 8192 + 128 + 1569


def test_generator_weight_paths():
    # No normalisation at the output.
    assert [w.path for w in dcgan_generator((28, 28, 1), 4, 2).weights] == [
        "base/kernel",
        "base_normalization/gamma",
        "base_normalization/beta",
        "base_normalization/moving_mean",
        "base_normalization/moving_variance",
        "up_1/kernel",
        "up_1_normalization/gamma",
        "up_1_normalization/beta",
        "up_1_normalization/moving_mean",
        "up_1_normalization/moving_variance",
        "image/kernel",
        "image/bias",
    ]


def test_discriminator_weight_paths():
    # No normalisation at the input.
    assert [w.path for w in dcgan_discriminator((28, 28, 1), 2).weights] == [
        "down_1/kernel",
        "down_1/bias",
        "down_2/kernel",
        "down_2_normalization/gamma",
        "down_2_normalization/beta",
        "down_2_normalization/moving_mean",
        "down_2_normalization/moving_variance",
        "logits/kernel",
        "logits/bias",
    ]


def test_codes_are_told_from_the_features_that_are_scored():
    model = dcgan_discriminator((28, 28, 1), 2, codes=5)
    assert model.output_shape == [(None, 1), (None, 5)]
    plain = [w.path for w in dcgan_discriminator((28, 28, 1), 2).weights]
    assert sorted(w.path for w in model.weights) == sorted(
        [
            *plain,
            "code_features/kernel",
            "code_features_normalization/gamma",
            "code_features_normalization/beta",
            "code_features_normalization/moving_mean",
            "code_features_normalization/moving_variance",
            "codes/kernel",
            "codes/bias",
        ]
    )
    assert model.get_layer("code_features").kernel.shape == (7 * 7 * 4, 128)
    with pytest.raises(ValueError, match="`codes`"):
        dcgan_discriminator((28, 28, 1), 2, codes=0)


def test_nearest_weight_paths_are_the_transposed_ones():
    transposed = dcgan_generator((28, 28, 1), 4, 2)
    nearest = dcgan_generator((28, 28, 1), 4, 2, "nearest")
    assert [w.path for w in nearest.weights] == [w.path for w in transposed.weights]


def test_kernels_start_from_the_papers_normal():
    for model in (dcgan_generator((32, 32, 3), seed=0), dcgan_discriminator((32, 32, 3), seed=0)):
        kernels = [w.numpy() for w in model.weights if w.path.endswith("kernel")]
        for kernel in kernels:
            # Four standard errors of a mean and of a deviation.
            assert abs(kernel.mean()) < 4 * 0.02 / kernel.size**0.5
            assert abs(kernel.std() - 0.02) < 4 * 0.02 / (2 * kernel.size) ** 0.5


def test_leaky_slope_is_a_fifth():
    model = dcgan_discriminator((8, 8, 1))
    layer = model.get_layer("down_1_activation")
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(layer(np.array([-1.0, 2.0], "float32"))), [-0.2, 2.0], rtol=1e-6
    )


@pytest.mark.parametrize(
    ("normalization", "apart"),
    [("batch", False), ("layer", True), ("instance", True), ("spectral", True), (None, True)],
)
def test_only_batch_normalisation_mixes_the_images(normalization, apart, sample, run, scramble):
    model = dcgan_discriminator((16, 16, 1), 4, normalization)
    scramble(model)
    images = sample(model, 4)
    # A spectral layer refines its estimate at each call in training.
    training = normalization != "spectral"
    together = run(model, images, training)[:2]
    halves = run(model, images[:2], training)
    assert (np.abs(together - halves).max() < 1e-5) == apart


def test_layer_normalisation_is_over_the_whole_image(sample, run, scramble):
    model = dcgan_discriminator((16, 16, 1), 4, "layer")
    scramble(model)
    layer = model.get_layer("down_2_normalization")
    layer.set_weights([np.ones(8), np.zeros(8)])
    maps = run(keras.Model(model.input, layer.output), sample(model))
    np.testing.assert_allclose(maps.mean((1, 2, 3)), 0, atol=1e-5)
    # One scale for the image: the channels keep means of their own.
    assert np.abs(maps.mean((1, 2))).max() > 0.05


def test_minibatch_deviation_sees_the_batch(sample, run, scramble):
    model = dcgan_discriminator((8, 8, 1), 4, None, minibatch_deviation=True)
    scramble(model)
    images = sample(model, 4)
    alike = np.repeat(images[:1], 4, axis=0)
    assert np.abs(run(model, images)[0] - run(model, alike)[0]).max() > 1e-3


def test_dropout_drops_in_training_only(sample, run):
    model = dcgan_discriminator((16, 16, 1), 4, None, dropout=0.5)
    images = sample(model)
    np.testing.assert_array_equal(run(model, images), run(model, images))
    assert not np.array_equal(run(model, images, training=True), run(model, images, training=True))


def test_odd_sizes_are_cropped_at_the_end(run):
    model = dcgan_generator((9, 8, 1), 2, 2, seed=0)
    assert model.get_layer("image").output.shape == (None, 10, 8, 1)
    assert model.get_layer("image_crop").cropping == ((0, 1), (0, 0))
