"""Clips: frames that follow each other."""

import pathlib
from typing import Any

import numpy as np

from keras_gen.modalities.spec import Images
from keras_gen.types import ArrayLike, PathLike


class Clips(Images):
    """Clips `(frames, height, width, channels)`: floats in [-1, 1], or uint8 of 0 to 255, which are scaled."""

    kind = "clips"
    noun = "clips"

    def show(
        self, samples: ArrayLike, path: PathLike, columns: int | None = None, least: int = 256
    ) -> pathlib.Path:
        """Writes clips as strips, each a row of frames; under a name that ends in `.gif` as an animation.

        Args:
            samples: Array `(n, frames, height, width, channels)` in [-1, 1].
            path: String or path of the file; its suffix becomes `.png` where it is not `.gif`.
            columns: Integer or None: clips that stand in a row.
            least: Integer, the shorter side of the picture in pixels.

        Returns:
            `pathlib.Path` of the file that was written.
        """
        from keras_gen import pictures

        path, samples = pathlib.Path(path), np.asarray(samples)
        if samples.shape[-1] not in (1, 3):  # Of others what a picture can hold.
            samples = samples[..., : 3 if samples.shape[-1] > 3 else 1]
        if path.suffix == ".gif":
            grids = (pictures.image_grid(frames, columns) for frames in samples.swapaxes(0, 1))
            pictures.save_gif(path, [pictures.enlarge(grid, least) for grid in grids], 100)
            return path
        path = path.with_suffix(self.suffix)
        frames = samples.reshape(-1, *samples.shape[2:])
        grid = pictures.image_grid(frames, samples.shape[1] * (columns or 1))
        pictures.save_png(path, pictures.enlarge(grid, least))
        return path

    def open(self, source: Any, split: str = "train", labels: bool = False, **reading: Any) -> Any:
        from keras_gen import data

        if labels:
            raise ValueError("`labels` are not read of clips. Received: labels=True")
        return data.open_clips(
            source, self.shape[0] or 1, channels=self.shape[-1], split=split, **reading
        )

    def default_features(self, name: str) -> str | None:
        return None
