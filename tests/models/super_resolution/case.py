"""A tiny SuperResolution, with a discriminator."""

import keras_gen
from keras_gen import networks
from tests.cases import COLOUR_SHAPE, LARGER_SHAPE, Case, images


def generator(seed=0):
    return networks.edsr_generator(COLOUR_SHAPE, factor=2, base_filters=4, blocks=1, seed=seed)


def build(**options):
    return keras_gen.SuperResolution(
        generator(),
        networks.patch_discriminator(LARGER_SHAPE, base_filters=4, seed=1),
        **options,
    )


def build_smooth():
    return keras_gen.SuperResolution(
        generator(),
        networks.patch_discriminator(LARGER_SHAPE, base_filters=4, normalization=None, seed=1),
        adversarial_weight=0.5,
    )


CASE = Case(
    build=build,
    data=lambda n: {"input": images(n, COLOUR_SHAPE), "target": images(n, LARGER_SHAPE, seed=1)},
    outputs=lambda model: model.translate(images(4, COLOUR_SHAPE)),
    phases=("discriminator", "generator"),
    generates=False,
    methods={"translate": {}, "predict": {}},
    smooth=build_smooth,
    rate=0.1,
)
