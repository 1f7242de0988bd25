"""A tiny CUT."""

import keras

import keras_gen
from tests.cases import COLOUR_SHAPE, Case, images


def generator(shape=COLOUR_SHAPE, filters=4):
    """A strided convolution, a residual block and the way up: what CUT looks for, and no normalisation."""

    def convolution(filters, **options):
        return keras.layers.Conv2D(filters, 3, padding="same", **options)

    pictures = keras.Input(shape, name="images")
    down = convolution(filters, strides=2, activation="leaky_relu", name="down")(pictures)
    block = convolution(filters, activation="leaky_relu")(down)
    block = keras.layers.Add(name="block")([down, block])
    outputs = convolution(shape[-1], activation="tanh", dtype="float32")
    return keras.Model(pictures, outputs(keras.layers.UpSampling2D()(block)))


def discriminator(shape=COLOUR_SHAPE):
    pictures = keras.Input(shape)
    x = keras.layers.Conv2D(4, 3, padding="same", activation="leaky_relu")(pictures)
    return keras.Model(pictures, keras.layers.Conv2D(1, 3, padding="same", dtype="float32")(x))


def build(**options):
    return keras_gen.CUT(
        generator(), discriminator(), **{"projection_units": 4, "temperature": 1.0, **options}
    )


def steady():
    """One whose heads give features that are not near 0, where their lengths' gradients are steep."""
    model = build(projection_units=32)
    model.heads.set_weights([30.0 * weight for weight in model.heads.get_weights()])
    return model


CASE = Case(
    build=build,
    data=lambda n: {"a": images(n, COLOUR_SHAPE), "b": images(n, COLOUR_SHAPE, seed=1)},
    outputs=lambda model: model.translate(images(4, COLOUR_SHAPE)),
    phases=("generator", "discriminator"),
    generates=False,
    methods={"translate": {}, "predict": {}},
    smooth=steady,
)
