"""Directions of latents along which pictures change most: what sliders move."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool

from keras_gen.core.priors import NormalWithCodes, Uniform
from keras_gen.modalities.images import fit
from keras_gen.serving.methods import is_pictures
from keras_gen.serving.served import Served, arrays_of
from keras_gen.types import Array

PICTURES = 512  # by which they are found
SIDE = 32  # to which these are shrunk at most


class Directions:
    """The principal directions of a model's latents, found once, when somebody asks.

    Pictures of drawn latents are regressed on them. Of standard normal latents the coefficients are the mean
    Jacobian of pictures by latents (Stein's lemma), whose right singular vectors are the directions: the first
    is the one along which pictures, by the first order and on the average, change most. They are drawn from
    512 pictures, so the last of them are the less certain. Codes beside the noise are left alone.

    Args:
        served: `Served`.
        count: Integer, how many at most.

    Reference: Stein, 1981, Estimation of the mean of a multivariate normal distribution.
    """

    def __init__(self, served: Served, count: int = 8) -> None:
        self.served = served
        self.count = min(count, self._width)
        self._found: Array | None = None
        self._lock = asyncio.Lock()

    @property
    def _width(self):
        """How many of a latent's numbers are normal: 0 of latents that are no vectors of such."""
        if self.served.latents is None or not is_pictures(self.served.model.gives):
            return 0
        prior: Any = self.served.model.prior
        if isinstance(prior, Uniform) or len(prior.shape) != 1:
            return 0
        return prior.noise_dim if isinstance(prior, NormalWithCodes) else prior.shape[0]

    async def find(self) -> Array:
        """Float32 array `(count, latent_dim)` of unit vectors, orthogonal, the one of most change first.

        Raises:
            RefusedError: As `Served.run`.
        """
        async with self._lock:
            if self._found is None:
                self._found = await self._find()
        return self._found

    async def _find(self):
        served, limits = self.served, self.served.limits
        height, width, _ = served.model.gives.shape
        most = max(1, min(limits.images, limits.pixels // (height * width)))
        latents, labels = await served.drawn(lambda: served.model.chosen(PICTURES, seed=0))
        pictures = []
        for start in range(0, PICTURES, most):
            part = slice(start, start + most)
            arrays = arrays_of(latents[part], None if labels is None else labels[part])
            (made,) = await served.run("generate", arrays)
            size = fit.inside((min(SIDE, height), min(SIDE, width)), (height, width))
            pictures.append(fit.resize(made.astype("float32"), size, "bilinear"))
        whole = np.concatenate(pictures)
        return await run_in_threadpool(_principal, latents, self._width, whole, self.count)


def _principal(latents, width, pictures, count):
    pixels = pictures.reshape(len(pictures), -1)
    jacobian = latents[:, :width].T @ (pixels - pixels.mean(axis=0)) / len(pixels)
    found = np.linalg.svd(jacobian, full_matrices=False)[0].T[:count]
    return np.pad(found, ((0, 0), (0, latents.shape[1] - width)))
