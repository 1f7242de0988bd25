"""Layers that generative models need and Keras has not, or not in the form they need."""

from keras_gen.layers.adaptive_augment import AdaptiveAugment
from keras_gen.layers.batch_normalization import BatchNormalization
from keras_gen.layers.bicubic_upsampling_2d import BicubicUpsampling2D
from keras_gen.layers.bilinear_upsampling_2d import BilinearUpsampling2D
from keras_gen.layers.blur_2d import Blur2D
from keras_gen.layers.clip import Clip
from keras_gen.layers.cropping_2d import Cropping2D
from keras_gen.layers.diff_augment import DiffAugment
from keras_gen.layers.equalized_conv_2d import EqualizedConv2D
from keras_gen.layers.equalized_dense import EqualizedDense
from keras_gen.layers.fade_in import FadeIn
from keras_gen.layers.gated_activation import GatedActivation
from keras_gen.layers.gated_conv_2d import GatedConv2D
from keras_gen.layers.image_pool import ImagePool
from keras_gen.layers.image_to_velocity import ImageToVelocity
from keras_gen.layers.instance_normalization import InstanceNormalization
from keras_gen.layers.label_map import LabelMap
from keras_gen.layers.label_projection import LabelProjection
from keras_gen.layers.learned_basis import LearnedBasis
from keras_gen.layers.learned_constant import LearnedConstant
from keras_gen.layers.minibatch_standard_deviation import MinibatchStandardDeviation
from keras_gen.layers.modulated_conv_2d import ModulatedConv2D
from keras_gen.layers.noise_injection import NoiseInjection
from keras_gen.layers.pixel_normalization import PixelNormalization
from keras_gen.layers.pixel_shuffle import PixelShuffle
from keras_gen.layers.reflection_padding_2d import ReflectionPadding2D
from keras_gen.layers.sampling import Sampling
from keras_gen.layers.silu import SiLU
from keras_gen.layers.sinusoidal_embedding import SinusoidalEmbedding
from keras_gen.layers.spectral_normalization import SpectralNormalization
from keras_gen.layers.vector_quantizer import VectorQuantizer

__all__ = [
    "AdaptiveAugment",
    "BatchNormalization",
    "BicubicUpsampling2D",
    "BilinearUpsampling2D",
    "Blur2D",
    "Clip",
    "Cropping2D",
    "DiffAugment",
    "EqualizedConv2D",
    "EqualizedDense",
    "FadeIn",
    "GatedActivation",
    "GatedConv2D",
    "ImagePool",
    "ImageToVelocity",
    "InstanceNormalization",
    "LabelMap",
    "LabelProjection",
    "LearnedBasis",
    "LearnedConstant",
    "MinibatchStandardDeviation",
    "ModulatedConv2D",
    "NoiseInjection",
    "PixelNormalization",
    "PixelShuffle",
    "ReflectionPadding2D",
    "Sampling",
    "SiLU",
    "SinusoidalEmbedding",
    "SpectralNormalization",
    "VectorQuantizer",
]
