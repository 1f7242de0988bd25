"""How `keras-gen train semi_supervised_vae` makes a semi-supervised VAE."""

from typing import TYPE_CHECKING

from keras_gen.recipes import PartlyLabelledRecipe, VariationalRecipe, option
from keras_gen.recipes.adversarial import NONE_OR_SOME, check_augmentations, fixed_augment
from keras_gen.recipes.rates import falling

if TYPE_CHECKING:
    from keras_gen.models.semi_supervised_vae.model import SemiSupervisedVAE
    from keras_gen.types import OpenedData


class SemiSupervisedVAERecipe(VariationalRecipe, PartlyLabelledRecipe):
    """Convolutional conditional VAE, and a classifier that says what labels do not."""

    family = "semi_supervised_vae"
    title = (
        "Classes of images from few labels, and images of a chosen class: style apart from class."
    )

    # A step costs as many times more as there are classes.
    batch_size = 64
    base_filters = 16
    alpha: float = option(10.0, "Weight of the classifier's loss on labels.", min=0.0)
    diff_augment: str = option(
        "none",
        f"What the classifier's images pass through, of which none should change a class: {NONE_OR_SOME}",
    )
    diff_augment_share: float = option(
        0.5, "Share of the images that each of them changes.", min=0.0, max=1.0
    )

    def __post_init__(self):
        super().__post_init__()
        check_augmentations(self.diff_augment)

    def build(self, opened: "OpenedData", updates: int) -> "SemiSupervisedVAE":
        import keras

        from keras_gen import networks
        from keras_gen.models.semi_supervised_vae.model import SemiSupervisedVAE

        (shape,) = self.image_shapes(opened)
        classes = opened.num_classes
        sizes = (shape, self.latent_dim, self.base_filters)
        vae = SemiSupervisedVAE(
            networks.conv_encoder(*sizes, num_classes=classes),
            networks.conv_decoder(*sizes, num_classes=classes),
            # Wider, for it looks at an image once, where the others do once for each class.
            self.classifier(shape, classes, 4 * self.base_filters),
            latent_dim=self.latent_dim,
            num_classes=classes,
            alpha=self.alpha,
            beta=self.beta,
            class_names=opened.class_names,
        )
        vae.compile(
            keras.optimizers.Adam(falling(self.learning_rate, updates)),
            fixed_augment(self.diff_augment, self.diff_augment_share, self.seed),
        )
        return vae
