"""The models: `keras.Model` subclasses that train with `fit`.

Each family is a folder: its model, and its recipe for `keras-gen train`. A folder is imported when its
model is first used.
"""

from keras_gen.on_first_use import lazily

# Folders, and what each defines.
FAMILIES = {
    "gan": "GAN",
    "wgan_gp": "WGANGP",
    "conditional_gan": "ConditionalGAN",
    "vae": "VAE",
    "cvae": "CVAE",
    "pix2pix": "Pix2Pix",
    "cycle_gan": "CycleGAN",
    "table_gan": "TableGAN",
    "table_vae": "TableVAE",
}

__all__ = sorted(FAMILIES.values())

__getattr__ = lazily(__name__, {name: f"{folder}.model" for folder, name in FAMILIES.items()})


def __dir__():
    return __all__
