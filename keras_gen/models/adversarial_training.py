"""What the models with one adversarial loss share, whichever it is."""

import keras

from keras_gen import losses
from keras_gen.engine import without_updates
from keras_gen.models import checks


class AdversarialTraining:
    """`compile`, and the penalties R1 and R2, for a model whose phases are generator and discriminator."""

    def compile_adversarial(
        self, generator_optimizer, discriminator_optimizer, loss, settings, trainer_options
    ):
        """Compiles the model: what its `compile` ends with, once its own settings are attributes.

        Args:
            generator_optimizer: Keras optimizer, its name, or None for the papers'
                Adam(2e-4, beta_1=0.5).
            discriminator_optimizer: Likewise.
            loss: Name of an adversarial loss, or an object such as `keras_gen.losses.get` returns.
            settings: Dict of the further arguments of `compile` that a model's file keeps.
            trainer_options: Dict of what `compile_phases` takes beside them.
        """
        self.loss = losses.get(loss)
        optimizers = {"generator": generator_optimizer, "discriminator": discriminator_optimizer}
        self.compile_phases(
            {
                phase: optimizers[phase] or keras.optimizers.Adam(2e-4, beta_1=0.5)
                for phase in self.phases()
            },
            {"loss": self.loss, **settings},
            **trainer_options,
        )

    def set_penalties(self, r1_weight, r2_weight):
        """Keeps the weights of R1 and R2.

        Returns:
            Dict of both, for the settings that a model's file keeps.

        Raises:
            ValueError: If one is no number from 0 up.
        """
        settings = {"r1_weight": r1_weight, "r2_weight": r2_weight}
        for name, weight in settings.items():
            checks.check_non_negative(name, weight)
            setattr(self, name, weight)
        return settings

    @property
    def penalty_names(self):
        """Names of the penalties in use."""
        return ["r1_penalty"] * bool(self.r1_weight) + ["r2_penalty"] * bool(self.r2_weight)

    def penalties(self, reals, fakes, *labels):
        """The penalties in use on the discriminator's gradient at real and at generated images.

        Args:
            reals: Float tensor `(batch, height, width, channels)`.
            fakes: The same, generated.
            *labels: Integer tensor `(batch,)` that the discriminator takes beside either.

        Returns:
            Tuple `(weighted sum, dict of the unweighted penalties)`.
        """
        network = without_updates(self.discriminator, *labels)
        total, terms = 0.0, {}
        if self.r1_weight:
            terms["r1_penalty"] = losses.r1_penalty(network, reals)
            total = total + self.r1_weight * terms["r1_penalty"]
        if self.r2_weight:
            terms["r2_penalty"] = losses.r2_penalty(network, fakes)
            total = total + self.r2_weight * terms["r2_penalty"]
        return total, terms
