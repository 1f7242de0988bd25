"""Variational autoencoders of tables of mixed types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from keras_gen.checks import check_positive_integer
from keras_gen.core.networks import check_network
from keras_gen.losses import MixedLikelihood
from keras_gen.modalities import MixedRows
from keras_gen.models.latent_vae import LatentVAE
from keras_gen.models.tabular_rows import LearnsTables
from keras_gen.types import Array, ArrayLike

if TYPE_CHECKING:
    import pandas

    from keras_gen.modalities.tables.mixed_column import MixedColumn


@keras.saving.register_keras_serializable(package="keras_gen")
class TabularVAE(LearnsTables, LatentVAE):
    """A variational autoencoder of a table of mixed types: numbers, categories, booleans, dates, gaps (TVAE).

    `fit`, `encode`, `reconstruct` and `anomaly_scores` take a pandas data frame of the table's columns, or
    codes `(n, slots)` of its rows, which `keras_gen.data.open_mixed_table` and `encode_rows` give. `generate`,
    `decode` and `reconstruct` give a data frame with the table's columns, order and dtypes: numbers within the
    range that was seen, with as many decimals, dates of the same unit, and missing values as often as there
    were.

    The model keeps each column's categories, its least and its largest number, which are some row's own, the
    numbers that at least five rows have and many do, and a mixture of at most ten Gaussians; no rows.

    Other than in the paper each mode of a column has a mean and a deviation of its own, which the decoder
    gives for each row, and categories and modes are drawn by their probabilities, not the likeliest taken.

    Args:
        encoder: Built `keras.Model`, `(batch, width)` to the posterior's `[mean, log variance]`, each of
            shape `(batch, latent_dim)`; `width` is that of `keras_gen.modalities.MixedRows(columns)`.
        decoder: Built `keras.Model`, latents `(batch, latent_dim)` to `(batch, parameters)`, unbounded, of
            the `parameters` of `keras_gen.losses.MixedLikelihood(rows.sizes, rows.modes)`.
        latent_dim: Integer, the length of a latent vector.
        columns: List of `keras_gen.modalities.MixedColumn`, such as
            `keras_gen.data.open_mixed_table(...).columns`.
        beta: Number from 0 up, the weight of the KL term. Defaults to 0.5: the reconstruction counts twice,
            as in the paper's code.
        kl_warmup_steps: Integer, as in `VAE`.
        name: String or None.

    Raises:
        ValueError: If a network is not built, or the shapes do not fit.

    Example:
    >>> import keras_gen, pandas
    >>> random = np.random.default_rng(0)
    >>> table = pandas.DataFrame(
    ...     {"team": random.choice(["red", "blue"], 64), "age": random.normal(40.0, 9.0, 64).round(1)}
    ... )
    >>> columns = keras_gen.data.open_mixed_table(table).columns
    >>> rows = keras_gen.modalities.MixedRows(columns)
    >>> parameters = keras_gen.losses.MixedLikelihood(rows.sizes, rows.modes).parameters
    >>> vae = keras_gen.TabularVAE(
    ...     encoder=keras_gen.networks.mlp_encoder(rows.width, latent_dim=4, width=8),
    ...     decoder=keras_gen.networks.mlp_decoder(4, parameters, width=8),
    ...     latent_dim=4,
    ...     columns=columns,
    ... )
    >>> vae.compile()
    >>> history = vae.fit(table, batch_size=32, verbose=0)
    >>> made = vae.generate(5, seed=0)
    >>> made.shape, bool((made.dtypes == table.dtypes).all()), sorted(set(made["team"]) - {"red", "blue"})
    ((5, 2), True, [])

    Reference: Xu et al., 2019, Modeling Tabular Data using Conditional GAN, https://arxiv.org/abs/1907.00503
    """

    report_options = ("iwae", "log_likelihood", "target", "picture")
    call_in_words = "rows = model.generate(1000, seed=0)  # a pandas data frame"

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        latent_dim: int,
        columns: Sequence[MixedColumn],
        beta: float = 0.5,
        kl_warmup_steps: int = 0,
        name: str | None = None,
    ) -> None:
        rows = MixedRows(columns)
        check_network("encoder", encoder, [(rows.width,)])
        super().__init__(
            encoder,
            decoder,
            latent_dim,
            beta=beta,
            likelihood=MixedLikelihood(rows.sizes, rows.modes),
            kl_warmup_steps=kl_warmup_steps,
            name=name,
        )
        self._rows = rows
        self.columns = list(rows.columns)

    @property
    def gives(self) -> MixedRows:
        return self._rows

    def encode(self, rows: Any, batch_size: int = 128) -> tuple[Array, Array]:
        """Maps rows to their posteriors.

        Args:
            rows: A pandas data frame of the table's columns, or codes `(n, slots)`.
            batch_size: Integer.

        Returns:
            Tuple of float32 NumPy arrays `(mean, log_variance)`, each of shape `(n, latent_dim)`.

        Raises:
            ValueError: If a column is missing, or holds a value that the model never saw.
        """
        return self.posteriors(rows, None, batch_size)

    def decode(self, latents: ArrayLike, batch_size: int = 128) -> pandas.DataFrame:
        """Maps latents to the likeliest rows: of each column the likeliest choice, and its mode's mean.

        Args:
            latents: Float array of shape `(n, latent_dim)`.
            batch_size: Integer.

        Returns:
            pandas data frame of `n` rows.

        Raises:
            ImportError: If pandas is not installed.
        """
        return self.gives.frame(
            self.likelihood.likeliest(self.outputs_of(latents, None, batch_size))
        )

    def reconstruct(self, rows: Any, batch_size: int = 128) -> pandas.DataFrame:
        """Encodes rows and decodes the posteriors' means: takes what `encode` takes, gives as `decode`."""
        mean, _ = self.encode(rows, batch_size)
        return self.decode(mean, batch_size)

    def generate(
        self,
        n: int | None = None,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        conditions: Mapping[str, Any] | None = None,
        batch_size: int = 512,
        given: Any = None,
        passes: int = 20,
    ) -> pandas.DataFrame:
        """Makes rows: decodes latents drawn from the prior, and draws each column's value; or fills rows.

        Args:
            n: Integer, how many.
            seed: Integer: the same rows at each call and, up to rounding, on every backend. None draws new
                ones.
            latents: Float array of shape `(n, latent_dim)` to decode in place of drawn ones, to the
                likeliest rows: nothing is drawn.
            conditions: Dict from names of columns to the value that every row shall have: a category, a
                boolean, a number or a date that many rows have, or None for no value. All rows meet them:
                others are drawn until they do, and after twenty draws what is left is filled as `given` rows
                are.
            batch_size: Integer, how many rows are made at a time.
            given: A pandas data frame with some of the columns, or the path of a CSV or Parquet file of such
                rows, to fill. Every cell that is there comes back as it is. Columns that are not there are
                drawn, gaps among them where the table had some; empty cells of those that are there get a
                value. Rows drawn from the prior, with what is given laid over them, are encoded, decoded and
                drawn anew, again and again (pseudo-Gibbs sampling: Rezende et al., 2014, appendix F). What is
                drawn is one of the values that are likely, not the best guess.
            passes: Integer, how often that is done. Defaults to 20.

        Returns:
            pandas data frame of `n` rows, or of those given, with the table's columns, order and dtypes.

        Raises:
            ValueError: If neither `n`, `latents` nor `given` is given, the latents have another shape, there
                is no such column or value: the nearest are named; or `given` has no rows.
            ImportError: If pandas is not installed.
        """
        check_positive_integer("passes", passes)
        if given is not None:
            self.given_alone(conditions=conditions, latents=latents)
            return self.generate_given(given, n, seed, batch_size, passes=passes)
        if latents is not None:
            if conditions:
                raise ValueError(
                    f"`conditions` are for rows that are drawn. Received: conditions={conditions!r} and "
                    "latents"
                )
            return self.decode(self.prior.draw(n, seed, latents), batch_size)
        return self.gives.frame(self.generate_codes(n, seed, conditions, batch_size))

    def draw_codes(
        self, n: int | None, seed: int | None, wanted: Mapping[int, int], batch_size: int
    ) -> Array:
        """Codes of rows drawn at latents of the prior, whatever is wanted."""
        # A stream of its own, so that it does not repeat the latents' numbers.
        random = np.random.default_rng(None if seed is None else [seed, 1])
        return self._drawn(self.prior.draw(n, seed), random, (), batch_size)

    def fill_codes(
        self,
        codes: Array,
        known: Array,
        gapless: Sequence[int],
        seed: int | None,
        batch_size: int,
        passes: int = 20,
    ) -> Array:
        """Draws what is not known of rows, by the encoder and the decoder in turn: see `generate`."""
        random = np.random.default_rng(None if seed is None else [seed, 1])
        latents = self.prior.draw(len(codes), seed)
        drawn = self._drawn(latents, random, gapless, batch_size)
        for _ in range(passes):
            rows = self.gives.put_back(codes, known, drawn).astype("float32")
            mean, log_variance = self.posteriors(rows, None, batch_size)
            noise = random.standard_normal(mean.shape, dtype="float32")
            latents = mean + np.exp(0.5 * log_variance) * noise
            drawn = self._drawn(latents, random, gapless, batch_size)
        return drawn

    def _drawn(self, latents, random, gapless, batch_size):
        """Codes drawn at latents, in some slots none of a gap."""
        outputs = self.outputs_of(latents, None, batch_size)
        if gapless:
            outputs = np.array(outputs)  # one's own to write in
        ends = np.cumsum(self.gives.sizes) - sum(self.gives.sizes)
        for slot in gapless:
            if self.gives.varying[slot].missing:
                outputs[:, ends[slot] - 1] = -np.inf
        return self.likelihood.draw(outputs, random)

    def exports(self) -> dict[str, Callable[[], keras.Model]]:
        """The encoder, of codes: rows are drawn and made a table outside of any graph."""
        return {"encode": super().exports()["encode"]}

    def golden_outputs(self, inputs: Mapping[str, Array]) -> Array:
        """What the likelihood has for the mean at `golden_inputs`, a float32 array `(3, width)`."""
        return self.means_of(inputs["latents"], None, 3)
