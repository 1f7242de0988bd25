"""A tiny CycleGAN."""

import keras

import keras_gen
from tests.cases import COLOUR_SHAPE, LARGER_SHAPE, Case, images


def build(shape=COLOUR_SHAPE, base_filters=2, **options):
    networks = keras_gen.networks
    return keras_gen.CycleGAN(
        *(networks.resnet_generator(shape, base_filters=base_filters, blocks=1) for _ in "ab"),
        *(networks.patch_discriminator(shape, base_filters=4) for _ in "ab"),
        **{"pool_size": 3, **options},
    )


def build_small():
    """Of two convolutions a network: what is traced grows with the variables, of which `build`'s has 60."""

    def network(filters, channels, activation=None):
        images = keras.Input(COLOUR_SHAPE)
        x = keras.layers.Conv2D(filters, 3, padding="same", activation="leaky_relu")(images)
        last = keras.layers.Conv2D(
            channels, 3, padding="same", activation=activation, dtype="float32"
        )
        return keras.Model(images, last(x))

    return keras_gen.CycleGAN(
        *(network(4, 3, activation="tanh") for _ in "ab"),
        *(network(4, 1) for _ in "ab"),
        pool_size=3,
    )


def data(n, shape=COLOUR_SHAPE):
    return {"a": images(n, shape), "b": images(n, shape, seed=1)}


def larger_data(n):
    return data(n, LARGER_SHAPE)


PHASES = ("generator", "discriminator")

CASE = Case(
    build=build_small,
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
