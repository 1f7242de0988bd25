"""What the VAEs without labels share: images to latents and back."""

import numpy as np

from keras_gen.checks import check_steps
from keras_gen.models.fits_samplers import FitsSamplers
from keras_gen.types import Array, ArrayLike


class PlainVAE(FitsSamplers):
    """Base of the VAEs without labels: they encode, decode, reconstruct, generate, interpolate. Abstract."""

    def encode(self, images: ArrayLike, batch_size: int = 128) -> tuple[Array, Array]:
        """Maps images to their posteriors.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            batch_size: Integer.

        Returns:
            Tuple of float32 NumPy arrays `(mean, log_variance)`, each of shape `(n, latent_dim)`.
        """
        return self.posteriors(images, None, batch_size)

    def decode(self, latents: ArrayLike, batch_size: int = 128) -> Array:
        """Maps latents to mean images.

        Args:
            latents: Float array of shape `(n, latent_dim)`.
            batch_size: Integer.

        Returns:
            Float32 NumPy array of shape `(n, height, width, channels)` in [-1, 1].
        """
        return self.gives.give(self.means_of(latents, None, batch_size))

    def reconstruct(self, images: ArrayLike, batch_size: int = 128) -> Array:
        """Encodes images and decodes the posteriors' means; shapes and ranges as `decode`."""
        mean, _ = self.encode(images, batch_size)
        return self.decode(mean, batch_size)

    def generate(
        self,
        n: int | None = None,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        batch_size: int = 128,
        sampler: str | None = None,
    ) -> Array:
        """Decodes latents drawn from the fitted sampler, or where there is none from the prior.

        Args:
            n: As in `GAN.generate`, and so are `seed`, `latents` and `batch_size`.
            seed: Integer or None.
            latents: Float array `(n, latent_dim)`, or None.
            batch_size: Integer.
            sampler: `"prior"` to draw from the prior though a sampler is fitted, or None.

        Returns:
            Float32 NumPy array `(n, height, width, channels)` in [-1, 1].

        Raises:
            ValueError: If neither `n` nor `latents` is given, or the sampler was fitted to the latents of
                another encoder.
        """
        latents = self.latents_from(sampler, latents).draw(n, seed, latents)
        return self.decode(latents, batch_size)

    def interpolate(self, start: ArrayLike, end: ArrayLike, steps: int = 8) -> Array:
        """Decodes the straight line between the posterior means of two images.

        Args:
            start: Float array of shape `(height, width, channels)` in [-1, 1].
            end: Likewise.
            steps: Integer, at least 2: how many images, both ends among them.

        Returns:
            Float32 NumPy array of shape `(steps, height, width, channels)`.
        """
        check_steps(steps)
        mean, _ = self.encode(np.stack([start, end]))
        fractions = np.linspace(0.0, 1.0, steps, dtype="float32")[:, None]
        return self.decode((1.0 - fractions) * mean[0] + fractions * mean[1])
