"""A tiny CycleGAN."""

import keras_gen
from tests.cases import COLOUR_SHAPE, LARGER_SHAPE, Case, images


def build(shape=COLOUR_SHAPE, base_filters=2, **options):
    networks = keras_gen.networks
    return keras_gen.CycleGAN(
        *(networks.resnet_generator(shape, base_filters=base_filters, blocks=1) for _ in "ab"),
        *(networks.patch_discriminator(shape, base_filters=4) for _ in "ab"),
        **{"pool_size": 3, **options},
    )


def data(n, shape=COLOUR_SHAPE):
    return {"a": images(n, shape), "b": images(n, shape, seed=1)}


def larger_data(n):
    return data(n, LARGER_SHAPE)


PHASES = ("generator", "discriminator")

CASE = Case(
    build=build,
    data=data,
    outputs=lambda model: model.translate(images(4, COLOUR_SHAPE)),
    phases=PHASES,
    generates=False,
    pooled=True,
    methods={"translate": {}, "predict": {}},
    # A pool holds the first replica's images: with one the two would differ, as they should.
    smooth=lambda: build(LARGER_SHAPE, pool_size=0),
    smooth_data=larger_data,
    rate=0.003,  # Its losses weigh much.
    # Of 8 x 8 pixels two halvings leave 4, and normalising over so few magnifies every rounding.
    larger=Case(
        build=lambda: build(LARGER_SHAPE, base_filters=4),
        data=larger_data,
        outputs=lambda model: model.translate(images(4, LARGER_SHAPE)),
        phases=PHASES,
        generates=False,
        pooled=True,
    ),
)
