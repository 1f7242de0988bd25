"""What `keras-gen train NAME` can be told, and what it makes of it: one dataclass a family.

Light: neither Keras nor TensorFlow is imported until a recipe opens its data or builds its model.
"""

from keras_gen.recipes.adversarial import AdversarialRecipe
from keras_gen.recipes.images import ImageRecipe, OneImageRecipe
from keras_gen.recipes.labels import PartlyLabelledRecipe
from keras_gen.recipes.latent import LatentRecipe
from keras_gen.recipes.options import REQUIRED, Option, option
from keras_gen.recipes.recipe import Recipe, Stage
from keras_gen.recipes.registry import Family, families, find_family
from keras_gen.recipes.tables import MixedTableRecipe, TableRecipe
from keras_gen.recipes.translation import AugmentedRecipe, TranslationRecipe
from keras_gen.recipes.unpaired import UnpairedRecipe
from keras_gen.recipes.variational import BoundRecipe, VariationalRecipe

__all__ = [
    "REQUIRED",
    "AdversarialRecipe",
    "AugmentedRecipe",
    "BoundRecipe",
    "Family",
    "ImageRecipe",
    "LatentRecipe",
    "MixedTableRecipe",
    "OneImageRecipe",
    "Option",
    "PartlyLabelledRecipe",
    "Recipe",
    "Stage",
    "TableRecipe",
    "TranslationRecipe",
    "UnpairedRecipe",
    "VariationalRecipe",
    "families",
    "find_family",
    "option",
]
