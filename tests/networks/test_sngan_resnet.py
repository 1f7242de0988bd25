import keras
import numpy as np
import pytest

from keras_gen.networks import sngan_resnet_discriminator, sngan_resnet_generator

SHAPES = [(32, 32, 1), (32, 64, 3), (48, 48, 3), (64, 64, 3), (128, 96, 2), (128, 128, 3)]


@pytest.mark.parametrize("num_classes", [None, 3])
@pytest.mark.parametrize("shape", SHAPES)
def test_generator_makes_images_of_the_shape(shape, num_classes, sample, run):
    model = sngan_resnet_generator(shape, num_classes, 4, 1)
    assert len(model.inputs) == (1 if num_classes is None else 2)
    images = run(model, sample(model))
    assert images.shape == (2, *shape)
    assert np.abs(images).max() <= 1


@pytest.mark.parametrize("num_classes", [None, 3])
@pytest.mark.parametrize("shape", SHAPES)
def test_discriminator_gives_one_logit_an_image(shape, num_classes, sample, run):
    model = sngan_resnet_discriminator(shape, num_classes, 1)
    assert run(model, sample(model, 3)).shape == (3, 1)


@pytest.mark.parametrize(
    ("side", "base", "ups"),
    [
        (32, 256, [256, 256, 256]),
        (48, 512, [256, 128, 64]),
        (64, 1024, [512, 256, 128, 64]),
        (128, 1024, [1024, 512, 256, 128, 64]),
    ],
)
def test_generator_is_as_wide_as_the_papers(side, base, ups):
    model = sngan_resnet_generator((side, side, 3))
    assert model.get_layer("base_reshape").output.shape[-1] == base
    names = [f"up_{level}" for level in range(len(ups) - 1, -1, -1)]
    assert [model.get_layer(name).output.shape[-1] for name in names] == ups
    assert model.get_layer("up_0").output.shape[1:3] == (side, side)


@pytest.mark.parametrize(
    ("side", "widths", "sides"),
    [
        (32, [128, 128, 128, 128], [16, 8, 8, 8]),
        (64, [64, 128, 256, 512, 1024], [32, 16, 8, 4, 4]),
        (128, [64, 128, 256, 512, 1024, 1024], [64, 32, 16, 8, 4, 4]),
    ],
)
def test_discriminator_is_as_wide_as_the_papers(side, widths, sides):
    model = sngan_resnet_discriminator((side, side, 3), normalization=None)
    maps = [model.get_layer(f"block_{i}").output.shape for i in range(1, len(widths) + 1)]
    assert [shape[-1] for shape in maps] == widths
    assert [shape[1] for shape in maps] == sides


def test_generator_parameters_by_hand():
    # dense 128 x 4096 + 4096; three blocks, each two normalisations 4 x 256, 9 x 256 x 256 without
    # and with bias, 256 x 256 + 256; normalisation; 9 x 256 x 3 + 3
    block = 2 * 1024 + 589824 + 590080 + 65792
    assert sngan_resnet_generator((32, 32, 3)).count_params() == 528384 + 3 * block + 1024 + 6915


def test_discriminator_parameters_by_hand():
    # first: 9 x 3 x 128 + 128, 9 x 128 x 128 + 128, 3 x 128 + 128; second: with 128 x 128 + 128;
    # two more without shortcut's kernel; 128 + 1
    model = sngan_resnet_discriminator((32, 32, 3), normalization=None)
    expected = (3584 + 147584 + 512) + (2 * 147584 + 16512) + 2 * (2 * 147584) + 129
    assert model.count_params() == expected
    conditional = sngan_resnet_discriminator((32, 32, 3), 10, normalization=None)
    assert conditional.count_params() == expected + 10 * 128


def test_generator_weight_paths():
    def normalization(name):
        weights = ("gamma", "beta", "moving_mean", "moving_variance")
        return [f"{name}_normalization/{weight}" for weight in weights]

    def block(name):
        return [
            *normalization(f"{name}_input"),
            f"{name}_convolution_1/kernel",
            *normalization(f"{name}_convolution_1"),
            f"{name}_shortcut/kernel",
            f"{name}_shortcut/bias",
            f"{name}_convolution_2/kernel",
            f"{name}_convolution_2/bias",
        ]

    assert [w.path for w in sngan_resnet_generator((32, 32, 1), 3, 4, 2).weights] == [
        "label_embedding/embeddings",
        "base/kernel",
        "base/bias",
        *block("up_2"),
        *block("up_1"),
        *block("up_0"),
        *normalization("top"),
        "image/kernel",
        "image/bias",
    ]


def test_discriminator_weight_paths():
    def layer(name):
        inner = f"{name}_spectral/{name}"
        return [f"{name}_spectral/vector_u", f"{inner}/kernel", f"{inner}/bias"]

    model = sngan_resnet_discriminator((32, 32, 1), 3, 2)
    expected = [
        *(
            path
            for i in (1, 2, 3, 4)
            for j in (1, 2)
            for path in layer(f"block_{i}_convolution_{j}")
        ),
        *(path for i in (1, 2) for path in layer(f"block_{i}_shortcut")),
        *layer("logits"),
        *layer("label_projection")[:2],
    ]
    assert sorted(w.path for w in model.weights) == sorted(expected)


def test_features_are_summed_over_the_map(sample, run, scramble):
    model = sngan_resnet_discriminator((32, 32, 1), None, 2, None)
    scramble(model)
    images = sample(model)
    maps = run(keras.Model(model.input, model.get_layer("top_activation").output), images)
    features = run(keras.Model(model.input, model.get_layer("features").output), images)
    assert maps.shape == (2, 8, 8, 2) and maps.min() >= 0 and maps.max() > 0
    np.testing.assert_allclose(features, maps.sum((1, 2)), rtol=1e-5)


def test_first_block_sees_the_image_itself(sample, run, scramble):
    # A ReLU before the first convolution would hide everything below 0.
    model = sngan_resnet_discriminator((32, 32, 1), None, 8, None)
    scramble(model)
    dark = -np.abs(sample(model))
    inner = keras.Model(model.input, model.get_layer("block_1_convolution_1").output)
    assert np.abs(run(inner, dark) - run(inner, 0.5 * dark)).max() > 0.1


@pytest.mark.parametrize("normalization", ["layer", None])
def test_critic_scores_each_image_alone(normalization, sample, run, scramble):
    model = sngan_resnet_discriminator((32, 32, 1), None, 2, normalization)
    scramble(model)
    images = sample(model, 3)
    together = run(model, images, training=True)
    alone = run(model, images[:1], training=True)
    np.testing.assert_allclose(alone, together[:1], rtol=1e-4, atol=1e-4)


def test_untrained_spectral_layers_are_close_to_norm_one():
    # Ten layers that start from a bad guess of their norms would overflow float16.
    model = sngan_resnet_discriminator((32, 32, 3), None, 16, seed=0)
    layers = [layer for layer in model.layers if layer.name.endswith("_spectral")]
    assert len(layers) == 11
    for layer in layers:
        kernel, u = layer.layer.kernel.numpy(), layer.vector_u.numpy()
        matrix = kernel.reshape(-1, kernel.shape[-1])
        true = np.linalg.norm(matrix, 2)
        assert 0.8 * true < np.linalg.norm(matrix @ u) < 1.001 * true


def test_class_changes_the_image_and_the_score(sample, run, scramble):
    for model in (
        sngan_resnet_generator((32, 32, 1), 3, 4, 2),
        sngan_resnet_discriminator((32, 32, 1), 3, 2, None),
    ):
        scramble(model)
        inputs, _ = sample(model, 1)
        outputs = [run(model, [inputs, np.array([label])]) for label in (0, 1)]
        assert np.abs(outputs[0] - outputs[1]).max() > 1e-3
