"""A tiny autoregressive model."""

import keras_gen
from tests.cases import IMAGE_SHAPE, Case, images


def build(
    shape=IMAGE_SHAPE, num_classes=None, likelihood="logistic_mixture", levels=256, **options
):
    network = keras_gen.networks.pixel_cnn(
        shape,
        components=2,
        levels=levels if likelihood == "softmax" else None,
        num_classes=num_classes,
        filters=4,
        blocks=1,
        **options,
    )
    return keras_gen.PixelCNN(network, num_classes, likelihood=likelihood, levels=levels)


CASE = Case(
    build=build,
    data=images,
    outputs=lambda model: model.network.predict(images(4), verbose=0),
    phases=("pixels",),
    methods={"log_likelihood": {}},
    rate=0.064,
)
