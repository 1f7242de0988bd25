"""The models: `keras.Model` subclasses that train with `fit`.

Each family is a folder: its model, and its recipe for `keras-gen train`. A folder is imported when its
model is first used.
"""

from typing import TYPE_CHECKING

from keras_gen.on_first_use import lazily

if TYPE_CHECKING:
    from keras_gen.models.conditional_gan.model import ConditionalGAN as ConditionalGAN
    from keras_gen.models.cut.model import CUT as CUT
    from keras_gen.models.cvae.model import CVAE as CVAE
    from keras_gen.models.cycle_gan.model import CycleGAN as CycleGAN
    from keras_gen.models.diffusion.model import Diffusion as Diffusion
    from keras_gen.models.gan.model import GAN as GAN
    from keras_gen.models.info_gan.model import InfoGAN as InfoGAN
    from keras_gen.models.inpainting.model import Inpainting as Inpainting
    from keras_gen.models.next_frame.model import NextFrame as NextFrame
    from keras_gen.models.pix2pix.model import Pix2Pix as Pix2Pix
    from keras_gen.models.pixel_cnn.model import PixelCNN as PixelCNN
    from keras_gen.models.progressive_gan.model import ProgressiveGAN as ProgressiveGAN
    from keras_gen.models.r3gan.model import R3GAN as R3GAN
    from keras_gen.models.semi_supervised_gan.model import SemiSupervisedGAN as SemiSupervisedGAN
    from keras_gen.models.semi_supervised_vae.model import SemiSupervisedVAE as SemiSupervisedVAE
    from keras_gen.models.style_gan2.model import StyleGAN2 as StyleGAN2
    from keras_gen.models.super_resolution.model import SuperResolution as SuperResolution
    from keras_gen.models.table_gan.model import TableGAN as TableGAN
    from keras_gen.models.table_vae.model import TableVAE as TableVAE
    from keras_gen.models.tabular_gan.model import TabularGAN as TabularGAN
    from keras_gen.models.tabular_vae.model import TabularVAE as TabularVAE
    from keras_gen.models.vae.model import VAE as VAE
    from keras_gen.models.vae_gan.model import VAEGAN as VAEGAN
    from keras_gen.models.vq_vae.model import VQVAE as VQVAE
    from keras_gen.models.wgan_gp.model import WGANGP as WGANGP

# Folders, and what each defines.
FAMILIES = {
    "gan": "GAN",
    "wgan_gp": "WGANGP",
    "r3gan": "R3GAN",
    "progressive_gan": "ProgressiveGAN",
    "style_gan2": "StyleGAN2",
    "conditional_gan": "ConditionalGAN",
    "info_gan": "InfoGAN",
    "semi_supervised_gan": "SemiSupervisedGAN",
    "vae": "VAE",
    "vae_gan": "VAEGAN",
    "cvae": "CVAE",
    "vq_vae": "VQVAE",
    "semi_supervised_vae": "SemiSupervisedVAE",
    "diffusion": "Diffusion",
    "pixel_cnn": "PixelCNN",
    "pix2pix": "Pix2Pix",
    "cycle_gan": "CycleGAN",
    "cut": "CUT",
    "inpainting": "Inpainting",
    "super_resolution": "SuperResolution",
    "next_frame": "NextFrame",
    "table_gan": "TableGAN",
    "table_vae": "TableVAE",
    "tabular_vae": "TabularVAE",
    "tabular_gan": "TabularGAN",
}

__all__ = sorted(FAMILIES.values())

__getattr__ = lazily(__name__, {name: f"{folder}.model" for folder, name in FAMILIES.items()})


def __dir__() -> list[str]:
    return __all__
