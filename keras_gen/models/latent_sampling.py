"""Images from latents alone."""

from keras_gen.engine import predict
from keras_gen.models.latents import given_or_drawn_latents, spherical_interpolation


class LatentSampling:
    """`generate` and `interpolate` for a model with a `sampler` of latents and a `latent_dim`."""

    def generate(self, n=None, seed=None, latents=None, batch_size=128):
        """Makes images.

        Args:
            n: Integer, how many.
            seed: Integer: the same images at each call and on every backend, up to rounding. None
                draws new ones.
            latents: Float array of shape `(n, latent_dim)` to use in place of drawn ones.
            batch_size: Integer, how many images are made at a time.

        Returns:
            Float32 NumPy array of shape `(n, height, width, channels)`, in the generator's range.

        Raises:
            ValueError: If neither `n` nor `latents` is given, or the latents have another shape.
        """
        latents = given_or_drawn_latents(n, self.latent_dim, seed, latents)
        return predict(self.sampler, latents, batch_size)

    def interpolate(self, steps=8, seed=None, latents=None):
        """Makes images along the great circle between two latents.

        Args:
            steps: Integer, at least 2: how many images, both ends among them.
            seed: Integer or None, from which the two latents are drawn.
            latents: Float array of shape `(2, latent_dim)` to use in place of drawn ones.

        Returns:
            Float32 NumPy array of shape `(steps, height, width, channels)`.
        """
        start, end = given_or_drawn_latents(2, self.latent_dim, seed, latents)
        return self.generate(latents=spherical_interpolation(start, end, steps))
