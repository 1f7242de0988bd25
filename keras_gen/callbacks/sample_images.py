"""A picture of the same latents after every epoch."""

import pathlib
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_gen import pictures
from keras_gen.callbacks.needs import check_draws
from keras_gen.callbacks.periodic import Pace
from keras_gen.checks import check_positive_integer
from keras_gen.modalities import spec_of
from keras_gen.tasks import Task
from keras_gen.types import ArrayLike, Logs, PathLike


class SampleImages(keras.callbacks.Callback):
    """Draws the model's images of fixed latents as it trains.

    After each epoch it writes `epoch_0001.png`, ... to a folder, a grid of the images that the same
    latents (or inputs) give, and at the end of training `training.gif` of them all. Of a model that makes
    other things than images it writes what can be looked at of those (of arrays `epoch_0001.npy`), and no
    animation. Of several processes that train together only the first draws.

    Args:
        directory: String or path of the folder; it is made if there is none.
        n: Integer, how many images.
        seed: Integer, of the latents.
        every: Integer: a picture after every so many epochs, and after the last.
        draw: Callable `model -> images`, a float array of shape `(n, height, width, channels)` in
            [-1, 1]. Defaults to `model.generate(n, seed=seed)`; a model that does not generate needs it.
        columns: Integer, images a row. Defaults to a grid near to a square.
        gif: Boolean, whether to write the animation.
        log_dir: String or path of a TensorBoard log folder, or None. With one, the pictures are shown
            in TensorBoard, too; it needs the package `tensorboard`.
        share: Float above 0, at most 1: how much of the training's time pictures may take. Once one has
            taken longer than a second, none is drawn until its time is this share of what has passed
            since it was begun; the last is drawn all the same.

    Raises:
        ValueError: If a number is out of range; when training begins, if there is nothing to draw.

    Example:
    ```python
    gan.fit(images, epochs=20, callbacks=[keras_gen.callbacks.SampleImages("samples")])
    ```
    """

    def __init__(
        self,
        directory: PathLike,
        n: int = 36,
        seed: int = 0,
        every: int = 1,
        draw: Callable[[Any], ArrayLike] | None = None,
        columns: int | None = None,
        gif: bool = True,
        log_dir: PathLike | None = None,
        share: float = 1.0,
    ) -> None:
        super().__init__()
        check_positive_integer("n", n)
        check_positive_integer("every", every)
        if columns is not None:
            check_positive_integer("columns", columns)
        self.directory = pathlib.Path(directory)
        self.n = n
        self.seed = seed
        self.every = every
        self.draw = draw
        self.columns = columns
        self.gif = gif
        self.log_dir = log_dir
        self._pace = Pace(share)
        self._last: int | None = None
        self._drawn: int | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        check_draws(self)
        self._last = self._drawn = None
        self._pace.begin()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if not self.model.is_chief:
            return
        self._last = epoch
        if (epoch + 1) % self.every == 0 and self._pace.free:
            self._write(epoch)

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._last is None:
            return
        if self._drawn != self._last:
            self._write(self._last)
        if self.gif:
            self.animate()

    def _write(self, epoch):
        with self._pace.taken():
            self._draw(epoch)
        self._drawn = epoch

    def _draw(self, epoch):
        with self.model.alone() as model:
            if self.draw is None:
                samples, spec = model.generate(self.n, seed=self.seed), model.gives
            else:
                samples = np.asarray(self.draw(model))
                spec = self._spec_of(samples)
        path = spec.show(samples, self.directory / f"epoch_{epoch + 1:04d}.png", self.columns)
        if self.log_dir is not None and path.suffix == ".png":
            self._log(pictures.read_picture(path), epoch)

    def _spec_of(self, samples):
        """What was drawn: what the model makes, where it looks like that."""
        shape = samples.shape[1:]
        gives = self.model.gives if isinstance(self.model, Task) else spec_of(shape)
        return gives if gives.fits(shape) else spec_of(shape)

    def animate(self) -> None:
        """Writes `training.gif` of the pictures that there are in the folder."""
        # From 10,000 epochs on names are longer.
        paths = sorted(
            self.directory.glob("epoch_*.png"), key=lambda path: (len(path.name), path.name)
        )
        frames = [pictures.read_picture(path) for path in paths]
        frames = [frame for frame in frames if frame.shape == frames[-1].shape]
        if frames:
            pictures.save_gif(self.directory / "training.gif", frames)

    def _log(self, picture, epoch):
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        image = Summary.Image(
            encoded_image_string=pictures.encode_png(picture),
            height=picture.shape[0],
            width=picture.shape[1],
            colorspace=picture.shape[2],
        )
        summary = Summary(value=[Summary.Value(tag="samples", image=image)])
        writer = EventFileWriter(str(self.log_dir))
        writer.add_event(Event(wall_time=time.time(), step=epoch + 1, summary=summary))
        writer.close()
