"""A tiny Pix2Pix with two PatchGANs and feature matching.

    KERAS_GEN_CASES=tests.models.pix2pix.two_scales python -m pytest tests/conformance.py -k two_scales

runs the conformance suite over it.
"""

import keras_gen
from tests.cases import Case, images

SHAPES = (16, 16, 1), (16, 16, 2)


def build(normalization="instance", dropout=0.5, **options):
    return keras_gen.Pix2Pix(
        keras_gen.networks.unet_generator(
            SHAPES[0], 2, base_filters=4, normalization=normalization, dropout=dropout, seed=0
        ),
        keras_gen.networks.patch_discriminator(
            *SHAPES, base_filters=4, normalization=normalization, seed=0, scales=2
        ),
        feature_matching_weight=10.0,
        **options,
    )


CASE = Case(
    build=build,
    data=lambda n: {"input": images(n, SHAPES[0]), "target": images(n, SHAPES[1], seed=1)},
    outputs=lambda model: model.translate(images(4, SHAPES[0])),
    phases=("discriminator", "generator"),
    generates=False,
    methods={"translate": {}, "predict": {}},
    smooth=lambda: build(normalization=None, dropout=0.0),
)
