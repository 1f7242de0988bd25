"""A tiny vector-quantised autoencoder."""

import keras_gen
from tests.cases import IMAGE_SHAPE, Case, images

CODES = 6


def build(shape=IMAGE_SHAPE, prior=True, codes=CODES, trained=True, **options):
    """A model whose prior counts as trained, unless it is told otherwise."""
    encoder = keras_gen.networks.vq_encoder(shape, code_dim=3, filters=4, blocks=1)
    model = keras_gen.VQVAE(
        encoder,
        keras_gen.networks.vq_decoder(shape, code_dim=3, filters=4, blocks=1),
        keras_gen.networks.pixel_cnn(
            encoder.output_shape[1:3], levels=codes, filters=4, blocks=1, kernel_size=3
        )
        if prior
        else None,
        codes=codes,
        **options,
    )
    if prior and trained:
        model.prior_updates.add()
    return model


CASE = Case(
    build=build,
    data=images,
    outputs=lambda model: model.decoder.predict(
        model.encoder.predict(images(4), verbose=0), verbose=0
    ),
    phases=("codes",),
    methods={"encode": {}, "reconstruct": {}},
    # Which codes are drawn anew depends on how a batch is shared out.
    smooth=lambda: build(revive_below=0.0),
)
