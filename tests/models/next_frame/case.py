"""A tiny NextFrame."""

import keras_gen
from tests.cases import IMAGE_SHAPE, Case, images

CONTEXT = 2


def clips(n, frames, seed=0, shape=IMAGE_SHAPE):
    return images(n, (frames, *shape), seed)


def build(**options):
    height, width, channels = IMAGE_SHAPE
    return keras_gen.NextFrame(
        keras_gen.networks.frame_predictor(
            IMAGE_SHAPE, CONTEXT, filters=4, blocks=1, patch_size=2, seed=0
        ),
        keras_gen.networks.patch_discriminator(
            (height, width, CONTEXT * channels), IMAGE_SHAPE, base_filters=4, normalization=None
        ),
        **options,
    )


CASE = Case(
    build=build,
    data=lambda n: {"context": clips(n, CONTEXT), "target": clips(n, 1, seed=1)},
    outputs=lambda model: model.predict_frames(clips(4, CONTEXT), 3),
    phases=("discriminator", "generator"),
    noun="clips",
    generates=False,
    methods={"predict_frames": {"frames": 3}, "translate": {}, "predict": {}},
)
