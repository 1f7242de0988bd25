"""A tiny VAEGAN."""

import keras_gen
from tests.cases import IMAGE_SHAPE, LATENT_DIM, Case, images, latents

LARGER_SHAPE = (16, 16, 1)


def build(normalization="batch", shape=IMAGE_SHAPE, **options):
    sizes = {"base_filters": 4, "normalization": normalization}
    return keras_gen.VAEGAN(
        encoder=keras_gen.networks.conv_encoder(shape, LATENT_DIM, **sizes),
        decoder=keras_gen.networks.dcgan_generator(shape, LATENT_DIM, **sizes),
        discriminator=keras_gen.networks.dcgan_discriminator(shape, **sizes),
        latent_dim=LATENT_DIM,
        **options,
    )


CASE = Case(
    build=lambda: build(ema_decay=0.9),
    data=images,
    outputs=lambda model: model.decode(latents()),
    phases=("encoder", "decoder", "discriminator"),
    batch_normalised=True,
    methods={"predict": {}, "reconstruct": {}, "reconstruction_errors": {}, "anomaly_scores": {}},
    smooth=lambda: build("layer", gamma=0.1),
    rate=0.01,
    larger=Case(
        build=lambda: build(shape=LARGER_SHAPE, ema_decay=0.9),
        data=lambda n: images(n, LARGER_SHAPE),
        outputs=lambda model: model.decode(latents()),
        phases=("encoder", "decoder", "discriminator"),
    ),
)
