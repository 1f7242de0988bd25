"""Variational autoencoders of tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import keras
import numpy as np

from keras_gen.core.networks import check_network
from keras_gen.losses import GaussianLikelihood
from keras_gen.modalities import Rows
from keras_gen.models.latent_vae import LatentVAE
from keras_gen.types import Array, ArrayLike, Tensor

if TYPE_CHECKING:
    from keras_gen.modalities.tables.columns import Column


@keras.saving.register_keras_serializable(package="keras_gen")
class TableVAE(LatentVAE):
    """A variational autoencoder of a table's rows: numeric columns, each in its own unit.

    It is trained and compiled as a `VAE` of a Gaussian likelihood, and its networks have the columns
    standardised. `fit`, `encode`, `reconstruct` and `anomaly_scores` take rows of shape `(n, columns)` in
    their own units; `generate`, `decode` and `reconstruct` give such, within the range that was seen in each
    column and with as many decimals: whole numbers stay whole. `reconstruction_errors` are in deviations
    of the columns.

    The model keeps the mean, the deviation and the range of each column, and so its least and its largest
    value, which are some row's own.

    Args:
        encoder: Built `keras.Model`, `(batch, columns)` to the posterior's `[mean, log variance]`, each of
            shape `(batch, latent_dim)`.
        decoder: Built `keras.Model`, latents `(batch, latent_dim)` to means `(batch, columns)`, unbounded.
        latent_dim: Integer, the length of a latent vector.
        columns: List of `keras_gen.modalities.Column`, such as `keras_gen.data.open_table(...).columns`,
            or `keras_gen.modalities.columns_of(rows, names)`.
        beta: Number from 0 up, the weight of the KL term.
        standard_deviation: Float above 0, of the likelihood, in deviations of each column: what of a row
            is taken for noise. `generate` draws it anew.
        kl_warmup_steps: Integer, as in `VAE`.
        name: String or None.

    Raises:
        ValueError: If a network is not built, or the shapes do not fit.

    Example:
    >>> import keras_gen
    >>> from keras_gen.modalities import columns_of
    >>> rows = np.random.default_rng(0).normal([40.0, 1.7], [10.0, 0.1], (64, 2)).round(2)
    >>> vae = keras_gen.TableVAE(
    ...     encoder=keras_gen.networks.mlp_encoder(inputs=2, latent_dim=4, width=8),
    ...     decoder=keras_gen.networks.mlp_decoder(latent_dim=4, outputs=2, width=8),
    ...     latent_dim=4,
    ...     columns=columns_of(rows, ["age", "height"]),
    ... )
    >>> vae.compile()
    >>> history = vae.fit(rows, batch_size=32, verbose=0)
    >>> vae.generate(3, seed=0).shape, vae.encode(rows)[0].shape
    ((3, 2), (64, 4))

    Reference: Kingma & Welling, 2013, https://arxiv.org/abs/1312.6114
    """

    call_in_words = "rows = model.generate(1000, seed=0)"

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        latent_dim: int,
        columns: Sequence[Column],
        beta: float = 1.0,
        standard_deviation: float = 0.2,
        kl_warmup_steps: int = 0,
        name: str | None = None,
    ) -> None:
        rows = Rows(columns)
        check_network("encoder", encoder, [rows.shape])
        super().__init__(
            encoder,
            decoder,
            latent_dim,
            beta=beta,
            likelihood=GaussianLikelihood(standard_deviation, bounded=False),
            kl_warmup_steps=kl_warmup_steps,
            name=name,
        )
        self.standard_deviation = standard_deviation
        self._rows = rows
        self.columns = list(rows.columns)

    @property
    def gives(self) -> Rows:
        return self._rows

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Reconstructions of rows in the columns' own units, neither clipped nor rounded."""
        return self._rows.unscale(super().call(inputs, training=training))

    def encode(self, rows: ArrayLike, batch_size: int = 128) -> tuple[Array, Array]:
        """Maps rows to their posteriors.

        Args:
            rows: Float or integer array of shape `(n, columns)`, in the columns' own units.
            batch_size: Integer.

        Returns:
            Tuple of float32 NumPy arrays `(mean, log_variance)`, each of shape `(n, latent_dim)`.
        """
        return self.posteriors(rows, None, batch_size)

    def decode(self, latents: ArrayLike, batch_size: int = 128) -> Array:
        """Maps latents to the likelihood's means.

        Args:
            latents: Float array of shape `(n, latent_dim)`.
            batch_size: Integer.

        Returns:
            Float32 NumPy array of shape `(n, columns)`, in the columns' own units.
        """
        return self.gives.give(self.means_of(latents, None, batch_size))

    def reconstruct(self, rows: ArrayLike, batch_size: int = 128) -> Array:
        """Encodes rows and decodes the posteriors' means; shapes and units as `decode`."""
        mean, _ = self.encode(rows, batch_size)
        return self.decode(mean, batch_size)

    def generate(
        self,
        n: int | None = None,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        batch_size: int = 128,
    ) -> Array:
        """Makes rows: decodes latents drawn from the prior, and adds the likelihood's noise.

        Args:
            n: Integer, how many.
            seed: Integer: the same rows at each call and on every backend, up to rounding. None draws new
                ones.
            latents: Float array of shape `(n, latent_dim)` to decode in place of drawn ones, without
                noise: the likelihood's means.
            batch_size: Integer, how many rows are made at a time.

        Returns:
            Float32 NumPy array of shape `(n, columns)`, in the columns' own units.

        Raises:
            ValueError: If neither `n` nor `latents` is given, or the latents have another shape.
        """
        means = self.means_of(self.prior.draw(n, seed, latents), None, batch_size)
        if latents is None:
            # A stream of its own, so that it does not repeat the latents' numbers.
            random = np.random.default_rng(None if seed is None else [seed, 1])
            means = means + self.standard_deviation * random.standard_normal(means.shape)
        return self.gives.give(means)
