"""What the tabs share."""

from __future__ import annotations

from collections.abc import Mapping

import gradio as gr

from keras_gen.serving.gradio_page.asking import Inside
from keras_gen.serving.limits import Limits
from keras_gen.serving.served import Served


class Tab:
    """Handlers of a tab, and its components. Abstract: `build` lays them out, within a `gradio.Blocks`.

    Args:
        models: Mapping from names to `Served` that do what the tab is for.
        ask: `Inside`.
        limits: `Limits`.
    """

    def __init__(self, models: Mapping[str, Served], ask: Inside, limits: Limits) -> None:
        self.models = models
        self.ask = ask
        self.limits = limits

    def build(self) -> None:
        """Lays out the tab."""
        raise NotImplementedError(f"{type(self).__name__} must define `build`.")

    def choice(self) -> gr.Dropdown:
        """The component that chooses a model, the first at the beginning; hidden where there is one."""
        names = list(self.models)
        return gr.Dropdown(
            names, value=names[0], label="Model", min_width=240, visible=len(names) > 1
        )
