"""What a preset keeps of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


class Kept:
    """What a model of several layers tells of itself: which of them a preset keeps."""

    def kept_layers(self) -> list[keras.Layer]:
        """The layers whose weights make up a preset.

        What training alone needs (pools of earlier images, say) a model leaves out, so that no data go
        into the file.
        """
        return list(self.layers)
