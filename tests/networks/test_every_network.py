"""What holds for every builder: files, precision, seeds, names, refused arguments."""

import keras
import numpy as np
import pytest

from keras_gen import networks

IMAGE = (16, 16, 1)


def seeing():
    """A classifier's beginning."""
    images = x = keras.Input((32, 32, 3))
    for seed, name in enumerate(("fine", "coarse")):
        kernel = keras.initializers.GlorotUniform(seed=seed)
        x = keras.layers.Conv2D(4, 3, 2, "same", kernel_initializer=kernel, name=name)(x)
    return keras.Model(images, x)


SEEING = seeing()

# Small, and with every kind of layer that the builder can use.
BUILDERS = {
    "dcgan_generator": lambda **k: networks.dcgan_generator(IMAGE, 4, 4, **k),
    "dcgan_generator_nearest": lambda **k: networks.dcgan_generator(
        (9, 11, 3), 4, 4, "nearest", **k
    ),
    "dcgan_discriminator": lambda **k: networks.dcgan_discriminator(
        IMAGE, 4, dropout=0.3, minibatch_deviation=True, **k
    ),
    "dcgan_discriminator_spectral": lambda **k: networks.dcgan_discriminator(
        IMAGE, 4, "spectral", **k
    ),
    "dcgan_discriminator_layer": lambda **k: networks.dcgan_discriminator(IMAGE, 4, "layer", **k),
    "dcgan_discriminator_instance": lambda **k: networks.dcgan_discriminator(
        IMAGE, 4, "instance", **k
    ),
    "dcgan_discriminator_codes": lambda **k: networks.dcgan_discriminator(IMAGE, 4, codes=5, **k),
    "dcgan_discriminator_classes": lambda **k: networks.dcgan_discriminator(
        IMAGE, 4, "layer", classes=3, **k
    ),
    "conditional_dcgan_generator": lambda **k: networks.conditional_dcgan_generator(
        IMAGE, 3, 4, "embedding", 4, **k
    ),
    "conditional_dcgan_generator_one_hot": lambda **k: networks.conditional_dcgan_generator(
        IMAGE, 3, 4, "one_hot", 4, **k
    ),
    "conditional_dcgan_discriminator": lambda **k: networks.conditional_dcgan_discriminator(
        IMAGE, 3, "projection", 4, dropout=0.3, auxiliary_classifier=True, **k
    ),
    "conditional_dcgan_discriminator_one_hot": lambda **k: networks.conditional_dcgan_discriminator(
        IMAGE, 3, "one_hot", 4, **k
    ),
    "conditional_dcgan_discriminator_embedding": lambda **k: (
        networks.conditional_dcgan_discriminator(IMAGE, 3, "embedding", 4, **k)
    ),
    "conv_encoder": lambda **k: networks.conv_encoder(IMAGE, 3, 4, 8, **k),
    "conv_decoder": lambda **k: networks.conv_decoder(IMAGE, 3, 4, 8, **k),
    "conv_encoder_of_classes": lambda **k: networks.conv_encoder(
        IMAGE, 3, 4, 8, num_classes=3, **k
    ),
    "conv_decoder_of_classes": lambda **k: networks.conv_decoder(
        IMAGE, 3, 4, 8, num_classes=3, **k
    ),
    "edsr_generator": lambda **k: networks.edsr_generator((8, 12, 2), 4, 4, 1, **k),
    "edsr_generator_batch": lambda **k: networks.edsr_generator((8, 8, 1), 3, 4, 1, "batch", **k),
    "efficientnet_lite0": lambda **k: networks.efficientnet_lite0((32, 32, 3), 5, **k),
    "fast_gan_generator": lambda **k: networks.fast_gan_generator((64, 72, 1), 4, 1, **k),
    "flow_unet": lambda **k: networks.flow_unet((9, 12, 2), 3, 4, attention=True, **k),
    "flow_unet_patches": lambda **k: networks.flow_unet((16, 8, 3), 2, 4, patch_size=2, **k),
    "flow_unet_image": lambda **k: networks.flow_unet((8, 8, 1), None, 4, predicts="image", **k),
    "flow_unet_group": lambda **k: networks.flow_unet((8, 8, 1), None, 4, 2, "group", **k),
    "frame_predictor": lambda **k: networks.frame_predictor((8, 16, 1), 2, 4, 1, 2, **k),
    "mlp_generator": lambda **k: networks.mlp_generator(4, 3, 16, **k),
    "mlp_discriminator": lambda **k: networks.mlp_discriminator(3, 16, dropout=0.3, **k),
    "mlp_encoder": lambda **k: networks.mlp_encoder(3, 4, 16, **k),
    "mlp_decoder": lambda **k: networks.mlp_decoder(4, 3, 16, **k),
    "noisy_classifier": lambda **k: networks.noisy_classifier(IMAGE, 3, (8, 6), **k),
    "tabular_generator": lambda **k: networks.tabular_generator(4, 3, 5, 16, **k),
    "tabular_generator_plain": lambda **k: networks.tabular_generator(
        4, 3, 5, 16, normalization=None, **k
    ),
    "unet_generator_nearest": lambda **k: networks.unet_generator(
        (8, 16, 1), 2, 4, upsampling="nearest", **k
    ),
    "gated_unet_generator": lambda **k: networks.gated_unet_generator((8, 16, 2), 1, 4, **k),
    "gated_unet_generator_single": lambda **k: networks.gated_unet_generator(
        (8, 16, 2), 1, 4, gates="single", **k
    ),
    "unet_generator": lambda **k: networks.unet_generator((8, 16, 1), 2, 4, **k),
    "resnet_generator": lambda **k: networks.resnet_generator((8, 12, 1), 2, 2, 1, 0.3, **k),
    "patch_discriminator": lambda **k: networks.patch_discriminator(IMAGE, (16, 16, 2), 16, 4, **k),
    "patch_discriminator_of_scales": lambda **k: networks.patch_discriminator(
        (16, 20, 1), None, 1, 4, scales=3, **k
    ),
    "pixel_cnn": lambda **k: networks.pixel_cnn((5, 6, 3), 2, None, 3, 4, 1, dropout=0.3, **k),
    "pixel_cnn_of_levels": lambda **k: networks.pixel_cnn(
        IMAGE, levels=4, filters=4, blocks=2, **k
    ),
    "pixel_cnn_of_integers": lambda **k: networks.pixel_cnn((4, 4), 1, 6, None, 4, 1, 3, **k),
    "progressive_generator": lambda **k: networks.progressive_generator((16, 16, 2), 4, 4, **k),
    "progressive_discriminator": lambda **k: networks.progressive_discriminator(
        (16, 16, 2), 4, **k
    ),
    "progressive_discriminator_plain": lambda **k: networks.progressive_discriminator(
        IMAGE, 4, minibatch_deviation=False, **k
    ),
    "projected_discriminator": lambda **k: networks.projected_discriminator(
        (12, 16, 3), SEEING, None, ("fine", "coarse"), 2, 4, **k
    ),
    "projected_discriminator_of_pairs": lambda **k: networks.projected_discriminator(
        (12, 16, 1), SEEING, (12, 16, 3), ("fine", "coarse"), 1, 4, **k
    ),
    "r3gan_generator": lambda **k: networks.r3gan_generator((9, 12, 2), 3, 4, 4, 1, **k),
    "r3gan_generator_grouped": lambda **k: networks.r3gan_generator(
        IMAGE, None, 4, 4, 1, group_size=4, **k
    ),
    "r3gan_discriminator": lambda **k: networks.r3gan_discriminator((9, 12, 2), 3, 4, 1, **k),
    "style_gan2_mapping": lambda **k: networks.style_gan2_mapping(4, 6, 2, **k),
    "style_gan2_synthesis": lambda **k: networks.style_gan2_synthesis((16, 16, 2), 6, 4, **k),
    "style_gan2_discriminator": lambda **k: networks.style_gan2_discriminator((16, 16, 2), 4, **k),
    "style_gan2_discriminator_plain": lambda **k: networks.style_gan2_discriminator(
        IMAGE, 4, minibatch_deviation=False, **k
    ),
    "sngan_resnet_generator": lambda **k: networks.sngan_resnet_generator(
        (32, 32, 1), 3, 4, 4, **k
    ),
    "sngan_resnet_discriminator": lambda **k: networks.sngan_resnet_discriminator(
        (32, 32, 1), 3, 4, **k
    ),
    "vq_encoder": lambda **k: networks.vq_encoder((9, 12, 2), 3, 4, 2, 1, **k),
    "vq_decoder": lambda **k: networks.vq_decoder((9, 12, 2), 3, 4, 2, 1, **k),
}
every_network = pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS.keys())


def as_list(outputs):
    return outputs if isinstance(outputs, list) else [outputs]


def test_every_builder_is_in_the_table():
    builders = set(networks.__all__) - {"patch_receptive_field"}
    assert builders <= BUILDERS.keys()


@every_network
def test_is_a_built_functional_model(build):
    model = build(seed=0)
    assert model.built
    assert isinstance(model, keras.Model) and type(model).__name__ == "Functional"
    assert all(isinstance(layer, keras.layers.Layer) for layer in model.layers)
    assert not any(isinstance(layer, keras.layers.Lambda) for layer in model.layers)


@every_network
def test_config_round_trip(build, sample, run):
    model = build(seed=0)
    copy = keras.Model.from_config(model.get_config())
    # Keras builds a wrapped layer of a config outside its wrapper: the last two names are its own.
    assert [w.path.split("/")[-2:] for w in copy.weights] == [
        w.path.split("/")[-2:] for w in model.weights
    ]
    assert copy.get_config() == model.get_config()
    copy.set_weights(model.get_weights())
    inputs = sample(model)
    for ours, theirs in zip(as_list(run(model, inputs)), as_list(run(copy, inputs)), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@every_network
def test_keras_file_gives_the_same_outputs(build, sample, run, scramble, tmp_path):
    model = build(seed=0)
    scramble(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    inputs = sample(model)
    for ours, theirs in zip(as_list(run(model, inputs)), as_list(run(loaded, inputs)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)
        assert np.std(ours) > 0


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@every_network
def test_mixed_precision_gives_float32(build, policy, sample, run, in_policy):
    model = build(seed=0)
    in_policy(policy)
    mixed = build(seed=0)
    half = policy.removeprefix("mixed_")
    weighted = [layer.compute_dtype for layer in mixed.layers if layer.weights]
    # The outputs' layers alone are float32, all others half.
    assert {"float32", half} == set(weighted) and weighted.count(half) >= weighted.count("float32")
    inputs = sample(model)
    for exact, output in zip(as_list(run(model, inputs)), as_list(run(mixed, inputs)), strict=True):
        assert output.dtype == "float32"
        assert np.sqrt(np.mean(np.square(output - exact))) < 0.02
        near = np.isclose(output, exact, atol=0.05, rtol=0.05)
        # Of 8 bits single pixels may stray, as a processor adds them up; of 11 none does.
        assert near.all() if half == "float16" else near.mean() > 0.99


@every_network
def test_seed_fixes_the_weights(build):
    first, second, other = build(seed=1), build(seed=1), build(seed=2)
    for a, b, c in zip(first.weights, second.weights, other.weights, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
        if a.trainable and a.path.endswith(("kernel", "embeddings")):
            drawn = a.numpy().any()  # others begin as zeros
            assert not (drawn and np.array_equal(a.numpy(), c.numpy()))


@every_network
def test_without_a_seed_the_global_one_counts(build):
    keras.utils.set_random_seed(5)
    first, second = build(), build()
    keras.utils.set_random_seed(5)
    again = build()
    kernel = next(
        i for i, w in enumerate(first.weights) if w.trainable and w.path.endswith("kernel")
    )
    np.testing.assert_array_equal(first.get_weights()[kernel], again.get_weights()[kernel])
    assert not np.array_equal(first.get_weights()[kernel], second.get_weights()[kernel])


@every_network
def test_no_two_layers_share_a_seed(build):
    config = build().get_config()
    seeds = []

    def collect(node):
        if isinstance(node, dict):
            if "seed" in node and node.get("name") != "input_layer":
                seeds.append(node["seed"])
            for value in node.values():
                collect(value)
        elif isinstance(node, (list, tuple)):
            for value in node:
                collect(value)

    collect(config)
    assert seeds and None not in seeds
    assert len(set(seeds)) == len(seeds)


def test_every_dropout_has_its_own_explicit_seed():
    for build in (
        lambda: networks.dcgan_discriminator((16, 16, 1), 4, dropout=0.5),
        lambda: networks.unet_generator((32, 32, 1), 1, 2),
        lambda: networks.resnet_generator((8, 8, 1), 1, 2, 2, dropout=0.5),
    ):
        layers = [x for x in build().layers if isinstance(x, keras.layers.Dropout)]
        seeds = [layer.seed for layer in layers]
        assert len(seeds) >= 2 and len(set(seeds)) == len(seeds)
        assert all(isinstance(seed, int) for seed in seeds)


@every_network
def test_name_can_be_chosen(build):
    assert build(name="mine").name == "mine"


INTEGERS = (0, -1, 2.0, "3", True)
SHAPES = (None, 28, (28, 28), (28, 28, 1, 1), (28.0, 28, 1), (28, 28, 0), (7, 28, 1), "abc")
REFUSED = {
    "dcgan_generator": {
        "image_shape": SHAPES,
        "latent_dim": INTEGERS,
        "base_filters": INTEGERS,
        "upsampling": ("bilinear", None),
        "normalization": ("group", 1),
    },
    "dcgan_discriminator": {
        "image_shape": SHAPES,
        "base_filters": INTEGERS,
        "normalization": ("group",),
        "dropout": (-0.1, 1.0, "a", True),
        "classes": (0, 2.0, True),
    },
    "noisy_classifier": {
        "image_shape": SHAPES,
        "classes": INTEGERS,
        "units": ((), 3, (0,), (4, 2.5)),
        "input_noise": (-0.1, float("nan")),
        "noise": (-1,),
    },
    "conditional_dcgan_generator": {
        "image_shape": SHAPES,
        "num_classes": INTEGERS,
        "latent_dim": INTEGERS,
        "conditioning": ("projection", None),
        "base_filters": INTEGERS,
        "upsampling": ("a",),
        "normalization": ("a",),
    },
    "conditional_dcgan_discriminator": {
        "image_shape": SHAPES,
        "num_classes": INTEGERS,
        "conditioning": ("concat", None),
        "base_filters": INTEGERS,
        "normalization": ("a",),
        "dropout": (1.0,),
    },
    "conv_encoder": {
        "image_shape": SHAPES,
        "latent_dim": INTEGERS,
        "base_filters": INTEGERS,
        "hidden": INTEGERS,
        "normalization": ("a",),
        "num_classes": INTEGERS,
    },
    "conv_decoder": {
        "image_shape": SHAPES,
        "latent_dim": INTEGERS,
        "base_filters": INTEGERS,
        "hidden": INTEGERS,
        "normalization": ("a",),
        "num_classes": INTEGERS,
    },
    "gated_unet_generator": {
        "input_shape": ((30, 32, 1), (32, 31, 1), (0, 4, 1), None, (32, 32)),
        "output_channels": INTEGERS,
        "base_filters": INTEGERS,
        "depth": (0, 1, 6, 2.0),
        "gates": ("none", None),
    },
    "edsr_generator": {
        "input_shape": (None, 28, (28, 28), (28, 28, None), (28.0, 28, 1), (0, 28, 1), "abc"),
        "factor": (1, 5, 2.5, "4", None),
        "base_filters": INTEGERS,
        "blocks": INTEGERS,
        "normalization": ("instance", "layer"),
    },
    "frame_predictor": {
        "image_shape": ((30, 32, 1), (4, 32, 1), None, (32, 32)),
        "context": INTEGERS,
        "filters": INTEGERS,
        "blocks": INTEGERS,
        "patch_size": INTEGERS,
    },
    "flow_unet": {
        "image_shape": SHAPES,
        "num_classes": INTEGERS,
        "base_filters": INTEGERS,
        "blocks": INTEGERS,
        "patch_size": INTEGERS,
        "predicts": ("noise",),
        "normalization": ("batch",),
    },
    "unet_generator": {
        "input_shape": ((30, 32, 1), (32, 31, 1), (0, 4, 1), None, (32, 32)),
        "output_channels": INTEGERS,
        "base_filters": INTEGERS,
        "depth": (0, 1, 6, 2.0),
        "dropout": (1.0,),
        "normalization": ("layer", "spectral"),
    },
    "resnet_generator": {
        "input_shape": ((30, 32, 1), (4, 32, 1), None, (32, 32)),
        "output_channels": INTEGERS,
        "base_filters": INTEGERS,
        "blocks": INTEGERS,
        "dropout": (-1,),
        "normalization": ("layer",),
    },
    "patch_discriminator": {
        "input_shape": SHAPES,
        "target_shape": (28, (28, 32, 1), (14, 14, 1)),
        "receptive_field": (0, 2, 142, "large"),
        "base_filters": INTEGERS,
        "normalization": ("a",),
        "scales": (0, 4, "2", None),
    },
    "tabular_generator": {
        "latent_dim": INTEGERS,
        "conditions": INTEGERS,
        "outputs": INTEGERS,
        "width": INTEGERS,
        "depth": INTEGERS,
        "normalization": ("layer", 1),
    },
    "style_gan2_mapping": {"latent_dim": INTEGERS, "style_dim": INTEGERS, "depth": INTEGERS},
    "style_gan2_synthesis": {
        "image_shape": (*SHAPES, (28, 28, 1), (16, 32, 1), (4, 4, 1)),
        "style_dim": INTEGERS,
        "base_filters": INTEGERS,
        "output_scale": (0, -1.0, True),
    },
    "style_gan2_discriminator": {
        "image_shape": (*SHAPES, (28, 28, 1), (16, 32, 1), (4, 4, 1)),
        "base_filters": INTEGERS,
    },
    "progressive_generator": {
        "image_shape": (*SHAPES, (28, 28, 1), (16, 32, 1), (4, 4, 1)),
        "latent_dim": INTEGERS,
        "base_filters": INTEGERS,
    },
    "progressive_discriminator": {
        "image_shape": (*SHAPES, (28, 28, 1), (16, 32, 1), (4, 4, 1)),
        "base_filters": INTEGERS,
    },
    "fast_gan_generator": {
        "image_shape": SHAPES,
        "latent_dim": INTEGERS,
        "base_filters": INTEGERS,
    },
    "projected_discriminator": {
        "input_shape": ((12, 16), None, (12, 16, 2), (4, 4, 3)),
        "target_shape": ((12, 12, 3), (12, 16, 2), "abc"),
        "extractor": (None, "classifier", keras.Sequential()),
        "layers": ("coarse", (), ("fine", "middle")),
        "enlarge": INTEGERS,
        "base_filters": INTEGERS,
    },
    "sngan_resnet_generator": {
        "image_shape": ((28, 28, 1), (36, 32, 1), None),
        "num_classes": INTEGERS,
        "latent_dim": INTEGERS,
        "base_filters": INTEGERS,
        "normalization": ("a",),
    },
    "sngan_resnet_discriminator": {
        "image_shape": ((28, 28, 1), (36, 32, 1), None),
        "num_classes": INTEGERS,
        "base_filters": INTEGERS,
        "normalization": ("a",),
    },
}
FIRST = {
    "gated_unet_generator": {"input_shape": (32, 32, 1)},
    "edsr_generator": {},
    "style_gan2_mapping": {},
    "noisy_classifier": {"image_shape": (32, 32, 1), "classes": 3},
    "tabular_generator": {"latent_dim": 4, "conditions": 3, "outputs": 5},
    "unet_generator": {"input_shape": (32, 32, 1)},
    "resnet_generator": {"input_shape": (32, 32, 1)},
    "patch_discriminator": {"input_shape": (28, 28, 1)},
    "projected_discriminator": {
        "input_shape": (12, 16, 3),
        "extractor": SEEING,
        "layers": ("fine", "coarse"),
    },
}


@pytest.mark.parametrize(
    ("builder", "argument", "value"),
    [
        (builder, argument, value)
        for builder, arguments in REFUSED.items()
        for argument, values in arguments.items()
        for value in values
    ],
)
def test_refuses(builder, argument, value):
    arguments = FIRST.get(builder, {"image_shape": (32, 32, 1)})
    if "conditional" in builder:
        arguments = {**arguments, "num_classes": 3}
    with pytest.raises(ValueError, match=rf"`{argument}`.*Received: .*=") as refusal:
        getattr(networks, builder)(**{**arguments, argument: value})
    assert "Received:" in str(refusal.value).splitlines()[-1]
