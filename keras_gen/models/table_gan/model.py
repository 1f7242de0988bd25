"""Generative adversarial networks of tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import keras

from keras_gen.core.networks import check_network
from keras_gen.modalities import Rows
from keras_gen.models.plain_gan import PlainGAN
from keras_gen.types import Array, ArrayLike, Tensor

if TYPE_CHECKING:
    from keras_gen.modalities.tables.columns import Column


@keras.saving.register_keras_serializable(package="keras_gen")
class TableGAN(PlainGAN):
    """A generative adversarial network of a table's rows: numeric columns, each in its own unit.

    It is trained and compiled as a `GAN`, and its networks have the columns standardised. `fit` takes rows
    of shape `(batch, columns)` in their own units, `generate` gives such, within the range that was seen in
    each column and with as many decimals: whole numbers stay whole.

    The model keeps the mean, the deviation and the range of each column, and so its least and its largest
    value, which are some row's own.

    Args:
        generator: Built `keras.Model`, latents `(batch, latent_dim)` to `(batch, columns)`, unbounded.
        discriminator: Built `keras.Model`, `(batch, columns)` to logits `(batch, 1)`.
        latent_dim: Integer, the length of a latent vector.
        columns: List of `keras_gen.modalities.Column`, such as `keras_gen.data.open_table(...).columns`,
            or `keras_gen.modalities.columns_of(rows, names)`.
        ema_decay: Float in [0, 1) or None, as in `GAN`.
        name: String or None.

    Raises:
        ValueError: If a network is not built, or the shapes do not fit.

    Example:
    >>> import keras_gen
    >>> from keras_gen.modalities import columns_of
    >>> rows = np.random.default_rng(0).normal([40.0, 1.7], [10.0, 0.1], (64, 2)).round(2)
    >>> gan = keras_gen.TableGAN(
    ...     generator=keras_gen.networks.mlp_generator(latent_dim=4, outputs=2, width=8),
    ...     discriminator=keras_gen.networks.mlp_discriminator(inputs=2, width=8),
    ...     latent_dim=4,
    ...     columns=columns_of(rows, ["age", "height"]),
    ... )
    >>> gan.compile()
    >>> history = gan.fit(rows, batch_size=32, verbose=0)
    >>> gan.generate(3, seed=0).shape
    (3, 2)

    Reference: Goodfellow et al., 2014, https://arxiv.org/abs/1406.2661
    """

    call_in_words = "rows = model.generate(1000, seed=0)"

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int,
        columns: Sequence[Column],
        ema_decay: float | None = None,
        name: str | None = None,
    ) -> None:
        rows = Rows(columns)
        check_network("generator", generator, None, [rows.shape])
        super().__init__(generator, discriminator, latent_dim, ema_decay=ema_decay, name=name)
        self._rows = rows
        self.columns = list(rows.columns)

    @property
    def gives(self) -> Rows:
        return self._rows

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Rows of latents in the columns' own units, neither clipped nor rounded."""
        return self._rows.unscale(super().call(inputs, training=training))

    def generate(
        self,
        n: int | None = None,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        batch_size: int = 128,
    ) -> Array:
        """Makes rows.

        Args:
            n: Integer, how many.
            seed: Integer: the same rows at each call and on every backend, up to rounding. None draws new
                ones.
            latents: Float array of shape `(n, latent_dim)` to use in place of drawn ones.
            batch_size: Integer, how many rows are made at a time.

        Returns:
            Float32 NumPy array of shape `(n, columns)`, in the columns' own units.

        Raises:
            ValueError: If neither `n` nor `latents` is given, or the latents have another shape.
        """
        return self.sample(n, seed=seed, latents=latents, batch_size=batch_size)
