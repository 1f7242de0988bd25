"""What a VAE of images does beside its bound: it draws from where its encoder puts data."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np

from keras_gen import modalities
from keras_gen.core.latent_samplers import MARKS, SAMPLERS, LatentSampler
from keras_gen.models.latent_vae import LatentVAE
from keras_gen.types import Array, ArrayLike, ClassLabels, Data, Dataset

_OF = ("means", "samples")


class FitsSamplers(LatentVAE):
    """Base of the VAEs whose `generate` may draw latents from a sampler fitted to them. Abstract."""

    # No value of the class: PyTorch, which keeps layers elsewhere, would find that one first.
    sampler: LatentSampler | None

    def set_sampler(self, sampler: LatentSampler | None) -> None:
        """Keeps a sampler as a part of the model, or none.

        Args:
            sampler: `LatentSampler` or None.

        Raises:
            ValueError: If it is of latents of another length, or no sampler.
        """
        if sampler is not None and (
            not isinstance(sampler, LatentSampler) or sampler.latent_dim != self.latent_dim
        ):
            of = getattr(sampler, "latent_dim", None)
            raise ValueError(
                f"`sampler` must be what `fit_sampler` makes, of latents of length {self.latent_dim}, or "
                f"None. Received: a {type(sampler).__name__}, of length {of}"
            )
        before = getattr(self, "sampler", None)
        if before is not None:
            self._tracker.untrack(before)  # Or it would stay one of the layers.
        self.sampler = sampler

    def fit_sampler(
        self,
        kind: str,
        images: ArrayLike | Dataset,
        labels: ClassLabels | None = None,
        of: str = "samples",
        seed: int | None = 0,
        batch_size: int = 128,
        **options: Any,
    ) -> None:
        """Fits what `generate` then draws latents from in place of the prior.

        Where the posteriors of data together do not fill the prior, the decoder has never seen much of what
        the prior draws. The sampler is a part of the model: `save` and `save_to_preset` keep it. `fit`, which
        moves the latents, drops it.

        Args:
            kind: `"gmm"`, a mixture of Gaussians with whole covariances, by scikit-learn; or `"flow"`, a
                small RealNVP.
            images: Float array of shape `(n, height, width, channels)` in [-1, 1], those trained on; or a
                `tf.data.Dataset` of batches of them, of which only the latents are held: of a model with
                classes `(images, labels)`.
            labels: Integer array `(n,)` or names, for an array and a model with classes alone. The sampler is
                one for all classes.
            of: `"samples"`, one drawn from each posterior, as the decoder had them; or `"means"`, which lie
                closer together.
            seed: Integer or None.
            batch_size: Integer, how many are encoded at a time.
            **options: Of `"gmm"` the `components`, one for each 500 images, 100 at most; of `"flow"` the
                `couplings`, 6, the `width` of their networks, 64, and `epochs`, 50.

        Raises:
            ValueError: If there is no such kind, an option is out of range, or the images are too few.
            TypeError: If the kind has no such option.

        Reference: Ghosh et al., 2020, https://arxiv.org/abs/1903.12436; Dinh et al., 2016 (RealNVP),
        https://arxiv.org/abs/1605.08803
        """
        if kind not in SAMPLERS:
            raise ValueError(f"`kind` must be one of {tuple(SAMPLERS)}. Received: kind={kind!r}")
        if of not in _OF:
            raise ValueError(f"`of` must be one of {_OF}. Received: of={of!r}")
        made = SAMPLERS[kind]
        # Says what is wrong with the options before the images are encoded.
        made(self.latent_dim, **options)
        latents, log_variance = self._all_posteriors(images, labels, batch_size)
        sampler = made(self.latent_dim, **{**made.sizes_for(len(latents)), **options})
        if of == "samples":
            noise = np.random.default_rng(seed).standard_normal(latents.shape, dtype="float32")
            latents = latents + np.exp(0.5 * log_variance) * noise
        sampler.fit(latents, seed)
        sampler.marks.assign(self._marks())
        self.set_sampler(sampler)

    def _all_posteriors(self, images, labels, batch_size):
        """Posteriors of an array, or of one batch after the other."""
        if not hasattr(images, "as_numpy_iterator"):
            return self.posteriors(images, labels, batch_size)
        if labels is not None:
            raise ValueError(
                "`labels` must be part of the batches where `images` is a data set of them. "
                f"Received: labels={labels!r}"
            )
        found = []
        for batch in images.as_numpy_iterator():
            parts = modalities.split(batch, self.takes)
            data, *others = parts.values()
            found.append(self.posteriors(data, *(others or [None]), batch_size))
        return tuple(np.concatenate(part) for part in zip(*found, strict=True))

    @property
    def prior(self) -> Any:  # type: ignore[override]
        """What `generate` draws latents from: the fitted sampler, or the model's own prior.

        Raises:
            ValueError: If the sampler was fitted to the latents of another encoder.
        """
        if self.sampler is None:
            return self.own_prior
        kept, marks = keras.ops.convert_to_numpy(self.sampler.marks), self._marks()
        # Half precision moves them by less, a training by more.
        if _size(marks - kept) > 0.05 * _size(kept) + 1e-3:
            raise ValueError(
                "`sampler` must be fitted to the latents of this encoder, which has been trained or given "
                "other weights since: call `fit_sampler` again, or `generate(sampler='prior')`. Received: "
                f"a {type(self.sampler).__name__} of other latents"
            )
        return self.sampler

    def latents_from(self, sampler: str | None, given: ArrayLike | None = None) -> Any:
        """What latents are drawn from.

        Args:
            sampler: None for the fitted sampler where there is one, or `"prior"`.
            given: Latents that are there, so that none are drawn, or None.

        Raises:
            ValueError: If it is something else.
        """
        if sampler not in (None, "prior"):
            raise ValueError(f"`sampler` must be None or 'prior'. Received: sampler={sampler!r}")
        return self.prior if sampler is None and given is None else self.own_prior

    def fit(self, x: Data | None = None, y: Data | None = None, *args: Any, **kwargs: Any) -> Any:
        """Trains the model: see `GenerativeModel.fit`. A fitted sampler is dropped, with a warning."""
        if self.sampler is None:
            return super().fit(x, y, *args, **kwargs)
        sampler, before = self.sampler, self._updates()
        self.set_sampler(None)
        try:
            return super().fit(x, y, *args, **kwargs)
        finally:
            if self._updates() == before:
                self.set_sampler(sampler)
            else:
                warnings.warn(
                    "The sampler was fitted to latents that training has moved, so it is dropped: call "
                    "`fit_sampler` again.",
                    stacklevel=2,
                )

    def _updates(self):
        """How many updates were taken, None of a model that is not compiled."""
        return int(keras.ops.convert_to_numpy(self.optimizer.iterations)) if self.compiled else None

    def _marks(self) -> Array:
        """Where the encoder puts a few noisy examples."""
        random = np.random.default_rng(0)
        shape = tuple(side or 1 for side in self.gives.shape)
        data = random.uniform(-1.0, 1.0, (MARKS, *shape)).astype("float32")
        labels = None if self.num_classes is None else np.arange(MARKS) % self.num_classes
        return self.posteriors(data, labels, MARKS)[0]


def _size(values):
    return float(np.sqrt(np.mean(np.square(values))))
