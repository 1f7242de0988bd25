"""Image-to-image translation from pairs."""

import keras
import numpy as np
from keras import ops

from keras_gen import losses
from keras_gen.engine import GenerativeModel, Phase, predict, record
from keras_gen.models import checks
from keras_gen.models.adversarial_training import AdversarialTraining
from keras_gen.models.together import run_together
from keras_gen.pixels import in_range


@keras.saving.register_keras_serializable(package="keras_gen")
class Pix2Pix(AdversarialTraining, GenerativeModel):
    """Pix2Pix: translates images, having seen pairs.

    A step makes the outputs once; the discriminator is updated on (input, target) against
    (input, output), with half its loss as in the paper, then the generator, through the updated
    discriminator, on the adversarial loss plus `l1_weight` times the distance to the target.

    `fit` takes `(inputs, targets)` or `{"input": inputs, "target": targets}`: float32 of shape
    `(batch, height, width, channels)` in [-1, 1]; the two may have different channels. It logs
    `discriminator_loss`, `generator_loss` and its parts `adversarial_loss` and `reconstruction_loss`.
    `evaluate` on pairs gives `l1` (mean absolute difference in [-1, 1]), `psnr` (decibels) and `ssim`.

    Args:
        generator: Built `keras.Model`, inputs to outputs of the targets' shape.
        discriminator: Built `keras.Model`, `[inputs, targets]` to logits, one for each patch.
        l1_weight: Number from 0 up, the weight of the distance to the target.
        reconstruction: `"l1"`, `"l2"`, or a callable `(targets, outputs) -> scalar`: that distance.
        name: String or None.

    Raises:
        ValueError: If a network is not built, or the shapes of the two do not fit.

    Example:
    >>> import keras_gen
    >>> model = keras_gen.Pix2Pix(
    ...     generator=keras_gen.networks.unet_generator((8, 8, 1), 3, base_filters=4),
    ...     discriminator=keras_gen.networks.patch_discriminator((8, 8, 1), (8, 8, 3), base_filters=4),
    ... )
    >>> model.compile()
    >>> inputs, targets = keras.ops.zeros((2, 8, 8, 1)), keras.ops.zeros((2, 8, 8, 3))
    >>> history = model.fit(inputs, targets, batch_size=1, verbose=0)
    >>> model.translate(inputs).shape
    (2, 8, 8, 3)

    Reference: Isola et al., 2017, https://arxiv.org/abs/1611.07004
    """

    def __init__(self, generator, discriminator, l1_weight=100.0, reconstruction="l1", name=None):
        super().__init__(name=name)
        checks.check_non_negative("l1_weight", l1_weight)
        self.input_image_shape, self.image_shape = checks.check_network("generator", generator)
        checks.check_network("discriminator", discriminator, self.input_image_shape)
        if len(getattr(discriminator, "inputs", (None, None))) != 2:
            raise ValueError(
                "`discriminator` must take two inputs, the generator's input and the image it judges. "
                f"Received: discriminator={discriminator.name!r} with "
                f"{len(discriminator.inputs)} inputs"
            )
        self.generator = generator
        self.discriminator = discriminator
        self.l1_weight = l1_weight
        self.reconstruction = reconstruction
        self._distance = losses.get_reconstruction(reconstruction)
        self.built = True

    def compile(
        self,
        generator_optimizer=None,
        discriminator_optimizer=None,
        loss="non_saturating",
        **trainer_options,
    ):
        """Configures training.

        Args:
            generator_optimizer: Keras optimizer or its name. Defaults to Adam(2e-4, beta_1=0.5).
            discriminator_optimizer: Likewise, an optimizer of its own.
            loss: Name of an adversarial loss, or an object, as in `GAN.compile`. The default is the
                paper's cross-entropy.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """
        self.compile_adversarial(
            generator_optimizer, discriminator_optimizer, loss, {}, trainer_options
        )

    def call(self, inputs, training=False):
        return self.generator(in_range(inputs), training=training)

    def phases(self):
        return {
            "discriminator": Phase([self.discriminator], self.discriminator_loss),
            "generator": Phase(
                [self.generator],
                self.generator_loss,
                ["adversarial_loss", "reconstruction_loss"],
            ),
        }

    def schedule(self, data, training):
        inputs, targets = self._unpack(data)
        batch = {"inputs": inputs, "targets": targets}
        recorded = record(self.generator, inputs)
        yield "discriminator", {**batch, "fakes": recorded.outputs}
        yield "generator", {**batch, "recorded": recorded}

    def _unpack(self, data):
        shapes = (self.input_image_shape, self.image_shape)
        return checks.unpack_pair(data, ("input", "target"), shapes)

    def discriminator_loss(self, batch, training):
        """Half the loss of the discriminator on true pairs and on inputs with the outputs."""
        inputs = batch["inputs"]
        pairs = [inputs, batch["targets"]], [inputs, batch["fakes"]]
        logits = run_together(self.discriminator, *pairs, training=training)
        return 0.5 * self.loss.discriminator_loss(*logits), {}

    def generator_loss(self, batch, training):
        """Loss of the generator whose outputs are `batch["fakes"]`, and its two parts."""
        inputs, targets, fakes = batch["inputs"], batch["targets"], batch["fakes"]
        real_logits = None
        if getattr(self.loss, "uses_real_logits", False):
            real_logits = self.discriminator([inputs, targets], training=training)
        adversarial = self.loss.generator_loss(
            self.discriminator([inputs, fakes], training=training), real_logits
        )
        distance = self._distance(targets, fakes)
        terms = {"adversarial_loss": adversarial, "reconstruction_loss": distance}
        return adversarial + self.l1_weight * distance, terms

    @property
    def evaluation_names(self):
        return ("l1", "psnr", "ssim")

    def evaluation_terms(self, data):
        inputs, targets = self._unpack(data)
        return losses.paired_scores(targets, self.generator(inputs, training=False))

    def translate(self, images, batch_size=16, as_in_training=False):
        """Translates images.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            batch_size: Integer, how many images are translated at a time.
            as_in_training: Boolean. If True, dropout stays on and BatchNorm normalises by the batch's
                own statistics, as the paper does at test time; repeated calls give other images. The
                model's statistics do not move.

        Returns:
            Float32 NumPy array of the outputs, in [-1, 1].

        Raises:
            ValueError: If the images have another shape.
        """
        images = checks.take_images("`images`", images, self.input_image_shape)
        if not as_in_training:
            return predict(self.generator, images, batch_size)
        outputs = [
            self._run_as_in_training(images[start : start + batch_size])
            for start in range(0, len(images), batch_size)
        ]
        return np.concatenate(outputs)

    def _run_as_in_training(self, images):
        variables = self.generator.non_trainable_variables
        outputs, updated = self.generator.stateless_call(
            [v.value for v in self.generator.trainable_variables],
            [v.value for v in variables],
            ops.convert_to_tensor(images, dtype="float32"),
            training=True,
        )
        for variable, value in zip(variables, updated, strict=True):
            if variable.name == "seed_generator_state":
                variable.assign(value)
        return ops.convert_to_numpy(outputs)
