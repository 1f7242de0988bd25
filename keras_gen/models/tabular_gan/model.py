"""Generative adversarial networks of tables of mixed types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from keras_gen import losses
from keras_gen.backend import predict
from keras_gen.checks import check_non_negative, check_positive_integer
from keras_gen.core.averages import average_of
from keras_gen.core.model import GenerativeModel
from keras_gen.core.network_calls import run_together, without_updates
from keras_gen.core.networks import check_network
from keras_gen.core.phase import Phase
from keras_gen.core.priors import Normal
from keras_gen.losses import MixedLikelihood, choice_log_probabilities
from keras_gen.modalities import MixedRows
from keras_gen.modalities.looking import is_stream
from keras_gen.models.tabular_rows import LearnsTables
from keras_gen.tasks.from_latents import FromLatents
from keras_gen.types import Array, Data, Optimizer, Spec, Tensor

if TYPE_CHECKING:
    import pandas

    from keras_gen.core.update import Update
    from keras_gen.modalities.tables.mixed_column import MixedColumn

TEMPERATURE = 0.2


@keras.saving.register_keras_serializable(package="keras_gen")
class TabularGAN(LearnsTables, FromLatents, GenerativeModel):
    """A generative adversarial network of a table of mixed types, which can be asked for values (CTGAN).

    `fit` takes a pandas data frame of the table's columns, or codes `(n, slots)` of its rows, which
    `keras_gen.data.open_mixed_table` and `encode_rows` give. `generate` gives a data frame with the table's
    columns, order and dtypes, and with `conditions` rows of given values.

    A step draws for each row a column, and by the logarithm of its frequency one of that column's choices,
    among those of the batch; the real row has that choice, the generator is told it, and loses by the
    cross-entropy where it makes another. The discriminator is a critic under a gradient penalty and judges
    `pac` rows together. The model keeps of the table what a `TabularVAE` does, and how often each choice was
    made.

    Other than in the paper each mode of a column has a number of its own, the modes of numbers are
    conditions, too, and rows are chosen within their batch.

    Args:
        generator: Built `keras.Model`, `[latents, conditions]`, of shapes `(batch, latent_dim)` and
            `(batch, choices)`, to `(batch, modes + choices)`, unbounded: `choices` is the sum of
            `keras_gen.modalities.MixedRows(columns).sizes`, `modes` that of its `modes`.
        discriminator: Built `keras.Model`, `(batch, pac * (width + choices))` to scores `(batch, 1)`, without
            batch normalisation; `width` is that of the `MixedRows`.
        latent_dim: Integer, the length of a latent vector.
        columns: List of `keras_gen.modalities.MixedColumn`, such as
            `keras_gen.data.open_mixed_table(...).columns`.
        pac: Integer, rows that are judged together (PacGAN). A batch's last rows that fill no pack are left
            out; a last batch of fewer than `pac` rows is left out of arrays and data frames, and of a stream
            or of held-out rows has some of them more than once. Defaults to 10.
        penalty_weight: Number from 0 up, of the gradient penalty. Defaults to 10.
        balanced: Boolean, whether choices are drawn by the logarithm of their frequencies; else each row
            stands for its own.
        ema_decay: Float in [0, 1) or None, as in `GAN`.
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
    >>> choices, modes = sum(rows.sizes), sum(rows.modes)
    >>> gan = keras_gen.TabularGAN(
    ...     generator=keras_gen.networks.tabular_generator(4, choices, modes + choices, width=8),
    ...     discriminator=keras_gen.networks.mlp_discriminator(2 * (rows.width + choices), width=8),
    ...     latent_dim=4,
    ...     columns=columns,
    ...     pac=2,
    ... )
    >>> gan.compile()
    >>> history = gan.fit(table, batch_size=32, verbose=0)
    >>> gan.generate(100, conditions={"team": "red"}, seed=0)["team"].unique().tolist()
    ['red']

    Reference: Xu et al., 2019, Modeling Tabular Data using Conditional GAN,
    https://arxiv.org/abs/1907.00503; Lin et al., 2018 (PacGAN), https://arxiv.org/abs/1712.04086
    """

    report_options = ("target", "picture")
    call_in_words = "rows = model.generate(1000, seed=0)  # a pandas data frame"
    parts_in_words = "discriminator, and average where one is kept, among them"

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int,
        columns: Sequence[MixedColumn],
        pac: int = 10,
        penalty_weight: float = 10.0,
        balanced: bool = True,
        ema_decay: float | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        check_positive_integer("pac", pac)
        check_non_negative("penalty_weight", penalty_weight)
        rows = MixedRows(columns)
        self.prior = Normal(latent_dim)
        choices, modes = sum(rows.sizes), sum(rows.modes)
        check_network("generator", generator, [(latent_dim,), (choices,)], [(modes + choices,)])
        check_network("discriminator", discriminator, [(pac * (rows.width + choices),)], [(1,)])
        self.generator = generator
        self.discriminator = discriminator
        self.latent_dim = latent_dim
        self.columns = list(rows.columns)
        self.pac = pac
        self.penalty_weight = penalty_weight
        self.balanced = balanced
        self.ema_decay = ema_decay
        self.average = average_of(generator, ema_decay)
        self.ema_generator = None if self.average is None else self.average.network
        self._rows = rows
        self._likelihood = MixedLikelihood(rows.sizes, rows.modes)
        counts = np.concatenate([np.array(c.counts) for c in rows.varying])
        self._counts = np.maximum(counts, 0.0).astype("float64")
        self._segments = np.repeat(np.arange(len(rows.sizes)), rows.sizes).astype("int32")
        member = self._segments[:, None] == np.arange(len(rows.sizes))
        weights = np.log1p(self._counts) / np.maximum(self._counts, 1e-3)
        self._weights = (member * weights[:, None]).astype("float32")
        self.built = True

    @property
    def gives(self) -> MixedRows:
        return self._rows

    @property
    def takes(self) -> dict[str, Spec]:
        return {"data": self._rows}

    @property
    def sampler(self) -> keras.Model:
        """The network that makes rows: the averaged generator where there is one."""
        return self.generator if self.ema_generator is None else self.ema_generator

    @property
    def least_batch(self) -> int:
        """The rows of one pack."""
        return self.pac

    def _for_steps(self, x, y, batch_size):
        x, y = super()._for_steps(x, y, batch_size)
        if x is not None and not is_stream(x):
            left = len(keras.tree.flatten(x)[0]) % (batch_size or 32)
            if 0 < left < self.pac:
                x = keras.tree.map_structure(lambda rows: rows[:-left], x)
        return x, y

    def compile(
        self,
        generator_optimizer: Optimizer | None = None,
        discriminator_optimizer: Optimizer | None = None,
        **trainer_options: Any,
    ) -> None:
        """Configures training.

        Args:
            generator_optimizer: Keras optimizer or its name. Defaults to Adam(2e-4, beta_1=0.5, beta_2=0.9).
            discriminator_optimizer: Likewise, an optimizer of its own.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """

        def default():
            return keras.optimizers.Adam(2e-4, beta_1=0.5, beta_2=0.9)

        self.compile_phases(
            {
                "discriminator": discriminator_optimizer or default(),
                "generator": generator_optimizer or default(),
            },
            **trainer_options,
        )

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """What the generator makes of `[latents, conditions]`: each mode's number, and logits."""
        return self.sampler(inputs, training=training)

    def phases(self) -> dict[str, Phase]:
        return {
            "discriminator": Phase(
                [self.discriminator], ["wasserstein_estimate", "gradient_penalty"]
            ),
            "generator": Phase([self.generator], ["condition_loss"]),
        }

    def step(self, data: Data, update: Update) -> None:
        training = update.training
        rows, count = self._whole_packs(self.take(data))
        rows, conditions = self.conditioned(rows, count)
        fakes, _ = self.make(count, conditions, training)
        epsilon = losses.interpolation_epsilon(count // self.pac, seed=self.seed_generator, axes=1)
        reals, fakes = self.packed(rows, conditions), self.packed(fakes, conditions)
        update("discriminator", lambda: self.discriminator_loss(reals, fakes, epsilon, training))
        update("generator", lambda: self.generator_loss(count, conditions, training))
        if training and self.average is not None:
            self.average.follow(self.optimizer["generator"].iterations)

    def _whole_packs(self, rows):
        """Rows of whole packs, one at least, and their number: fewer than one needs are taken again."""
        size = ops.shape(rows)[0]
        packs = size // self.pac
        count = (packs + 1 // (packs + 1)) * self.pac  # The larger of packs and 1, of tensors, too.
        return ops.take(rows, ops.arange(count) % size, axis=0), count

    def conditioned(self, rows: Tensor, count: int | Tensor) -> tuple[Tensor, Tensor]:
        """Rows of a batch, chosen so that no choice is rare, and the condition that each of them stands for.

        Args:
            rows: Float tensor `(count, width)`.
            count: Integer, or scalar integer tensor.

        Returns:
            Pair of rows, of the same shape, and conditions `(count, choices)`: of one column the choice,
            one-hot, and zeros.
        """
        drawn = keras.random.uniform((count, 2), seed=self.seed_generator)
        slots = len(self._rows.sizes)
        columns = ops.cast(ops.floor(drawn[:, 0] * slots), "int32")
        columns = ops.minimum(columns, slots - 1)
        if self.balanced:
            sums = ops.cumsum(ops.matmul(self._hot(rows), self._weights), axis=0)
            sums = ops.take(sums, columns, axis=1)  # One column for each of the rows wanted.
            reached = ops.cast(ops.less_equal(sums, drawn[:, 1] * sums[-1]), "int32")
            chosen = ops.minimum(ops.sum(reached, axis=0), count - 1)
            rows = ops.take(rows, chosen, axis=0)
        mask = ops.cast(ops.equal(columns[:, None], self._segments), "float32")
        return rows, self._hot(rows) * mask

    def _hot(self, rows):
        return rows[:, self._rows.width - len(self._segments) :]

    def make(
        self, count: int | Tensor, conditions: Tensor, training: bool
    ) -> tuple[Tensor, Tensor]:
        """Rows of drawn latents and given conditions, and the logits of their choices.

        Args:
            count: Integer, or scalar integer tensor.
            conditions: Float tensor `(count, choices)`.
            training: Boolean.

        Returns:
            Pair of rows `(count, width)`, whose choices are softened by Gumbel noise, and of logits
            `(count, choices)`.
        """
        latents = self.prior.sample(count, self.seed_generator)
        outputs = self.generator([latents, conditions], training=training)
        outputs = ops.cast(outputs, "float32")
        choices = len(self._segments)
        logits = outputs[:, -choices:]
        uniform = keras.random.uniform((count, choices), seed=self.seed_generator)
        gumbel = -ops.log(-ops.log(ops.clip(uniform, 1e-6, 1.0 - 1e-6)))
        soft = ops.exp(choice_log_probabilities((logits + gumbel) / TEMPERATURE, self._rows.sizes))
        return self._likelihood.beside(ops.tanh(outputs[:, :-choices]), soft), logits

    def packed(self, rows: Tensor, conditions: Tensor) -> Tensor:
        """Rows and their conditions as the discriminator has them, `pac` together."""
        beside = ops.concatenate([rows, conditions], axis=1)
        return ops.reshape(beside, (-1, self.pac * (self._rows.width + len(self._segments))))

    def discriminator_loss(
        self, reals: Tensor, fakes: Tensor, epsilon: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of the critic on packs of real and generated rows, and its terms."""
        real_scores, fake_scores = run_together(self.discriminator, reals, fakes, training=training)
        loss = losses.wasserstein_discriminator_loss(real_scores, fake_scores)
        terms = {"wasserstein_estimate": -loss}
        critic = without_updates(self.discriminator, training=training)
        terms["gradient_penalty"] = losses.gradient_penalty(critic, reals, fakes, epsilon)
        return loss + self.penalty_weight * terms["gradient_penalty"], terms

    def generator_loss(
        self, count: int | Tensor, conditions: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of the generator: the critic's score, and the cross-entropy of the conditions."""
        rows, logits = self.make(count, conditions, training)
        scores = self.discriminator(self.packed(rows, conditions), training=training)
        log_shares = choice_log_probabilities(logits, self._rows.sizes)
        missed = -ops.mean(ops.sum(conditions * log_shares, axis=1))
        loss = losses.wasserstein_generator_loss(scores) + missed
        return loss, {"condition_loss": missed}

    def generate(
        self,
        n: int | None = None,
        seed: int | None = None,
        conditions: Mapping[str, Any] | None = None,
        batch_size: int = 512,
        given: Any = None,
    ) -> pandas.DataFrame:
        """Makes rows, or fills given ones.

        Args:
            n: Integer, how many.
            seed: Integer: the same rows at each call and, up to rounding, on every backend. None draws new
                ones.
            conditions: Dict from names of columns to the value that every row shall have: a category, a
                boolean, a number or a date that many rows have, or None for no value. All rows meet them:
                the generator is told one of them for each row, others are drawn until they meet all, and
                after twenty draws what is left is filled as `given` rows are.
            batch_size: Integer, how many rows are made at a time.
            given: A pandas data frame with some of the columns, or the path of a CSV or Parquet file of such
                rows, to fill. Every cell that is there comes back as it is. Columns that are not there are
                filled, with gaps among them where the table had some; empty cells of those that are there get
                a value. The generator can be told one column alone: of 32,768 rows for each 16,384 given,
                each told a value that a given row has, a row takes what it lacks from one of the five that
                are nearest to it. The more columns are given the less near those are: for such rows
                `TabularVAE` is the better.

        Returns:
            pandas data frame of `n` rows, or of those given, with the table's columns, order and dtypes.

        Raises:
            ValueError: If neither `n` nor `given` is given, there is no such column or value: the nearest are
                named; or `given` has no rows.
            ImportError: If pandas is not installed.
        """
        if given is not None:
            self.given_alone(conditions=conditions)
            return self.generate_given(given, n, seed, batch_size)
        return self.gives.frame(self.generate_codes(n, seed, conditions, batch_size))

    def draw_codes(
        self, n: int | None, seed: int | None, wanted: Mapping[int, int], batch_size: int
    ) -> Array:
        """Codes of drawn latents, and of conditions drawn by their frequencies or among those wanted."""
        latents = self.prior.draw(n, seed)
        random = np.random.default_rng(None if seed is None else [seed, 1])
        conditions = self._drawn_conditions(len(latents), wanted, random)
        return self._codes_of(latents, conditions, random, batch_size)

    def draw_about(
        self, codes: Array, known: Array, n: int, seed: int | None, batch_size: int
    ) -> Array:
        """Codes of rows that are each told one of the choices that are known of a given row."""
        random = np.random.default_rng(None if seed is None else [seed, 5])
        rows = random.integers(len(codes), size=n)
        slots = np.where(known[rows], random.random((n, known.shape[1])), -1.0).argmax(axis=1)
        conditions = self._drawn_conditions(n, {}, random)
        told = known[rows, slots]
        given = self._conditions_of(slots, codes[rows, slots].astype(int))
        conditions[told] = given[told]
        return self._codes_of(self.prior.draw(n, seed), conditions, random, batch_size)

    def _codes_of(self, latents, conditions, random, batch_size):
        outputs = predict(self.sampler, [latents, conditions], batch_size)
        return self._likelihood.draw(outputs, random, noise=False)

    def _drawn_conditions(self, n, wanted, random):
        sizes = self._rows.sizes
        counts = np.split(self._counts, np.cumsum(sizes[:-1]))
        slots = random.choice(list(wanted) or len(sizes), n)
        uniform = random.random(n)
        choices = np.zeros(n, int)
        for slot in np.unique(slots):
            here = slots == slot
            if slot in wanted:
                choices[here] = wanted[slot]
                continue
            sums = np.cumsum(counts[slot])
            found = np.searchsorted(sums, uniform[here] * sums[-1], side="right")
            choices[here] = np.minimum(found, sizes[slot] - 1)
        return self._conditions_of(slots, choices)

    def _conditions_of(self, slots, choices):
        """One-hot conditions, each of a choice of a slot."""
        starts = np.cumsum((0, *self._rows.sizes[:-1]))
        return np.eye(len(self._segments), dtype="float32")[starts[slots] + choices]

    def golden_inputs(self, **evaluation: Any) -> dict[str, Array]:
        """Three latents, and as many conditions."""
        conditions = self._drawn_conditions(3, {}, np.random.default_rng(0))
        return {**super().golden_inputs(), "conditions": conditions}

    def golden_outputs(self, inputs: Mapping[str, Array]) -> Array:
        """What the generator makes of `golden_inputs`, a float32 array `(3, modes + choices)`."""
        return predict(self.sampler, [inputs["latents"], inputs["conditions"]], 3)

    def exports(self) -> dict[str, Any]:
        """None: rows are drawn and made a table outside of any graph."""
        return {}
