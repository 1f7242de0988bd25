"""The tab where pictures and drawings are translated, and holes filled."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np
from starlette.concurrency import run_in_threadpool

from keras_gen.modalities.images.show import encode_png
from keras_gen.serving.gradio_page.asking import named, pictures_in, refused
from keras_gen.serving.gradio_page.inputs import drawing, picture
from keras_gen.serving.gradio_page.tab import Tab
from keras_gen.serving.uploads import decoded

CANVAS = (320, 320)  # of drawings, in pixels
BLACK, RED = "#000000", "#e03131"


class Translate(Tab):
    """The tab for models that translate pictures or fill their holes; arguments as in `Tab`."""

    def build(self) -> None:
        """Lays out the tab, within a `gradio.Blocks`."""
        first = next(iter(self.models))
        parts = self.parts(first)
        with gr.Row():
            model = self.choice()
            direction = gr.Dropdown(label="Direction", **parts["direction"])
        with gr.Row():
            with gr.Column(min_width=300):
                with gr.Column(**parts["picture"]) as pictures:
                    with gr.Tab("A picture"):
                        given = picture(
                            label="Picture of any size",
                            sources=["upload", "clipboard"],
                        )
                        translate = gr.Button("Translate the picture", variant="primary")
                    with gr.Tab("A drawing"):
                        drawn = drawing(
                            label="Drawing",
                            canvas_size=CANVAS,
                            sources=(),
                            transforms=(),
                            layers=False,
                            brush=gr.Brush(default_size=3, colors=[BLACK], color_mode="fixed"),
                        )
                        translate_drawing = gr.Button("Translate the drawing", variant="primary")
                with gr.Column(**parts["clip"]) as clip:
                    files = gr.File(
                        label="Frames, in their order",
                        file_count="multiple",
                        file_types=["image"],
                        type="binary",
                    )
                    frames = gr.Slider(
                        1, self.limits.images, 1, step=1, label="How many frames to make"
                    )
                    go_on = gr.Button("Make the frames that follow", variant="primary")
                with gr.Column(**parts["fill"]) as holes:
                    hole = drawing(
                        label="Draw the holes",
                        sources=("upload", "clipboard"),
                        transforms=(),
                        layers=False,
                        brush=gr.Brush(default_size=20, colors=[RED], color_mode="fixed"),
                    )
                    fill = gr.Button("Fill what is drawn", variant="primary")
            with gr.Column(min_width=300):
                result = gr.Gallery(
                    label="Result",
                    format="png",
                    columns=1,
                    buttons=["download", "fullscreen"],
                    elem_classes="one",
                    height="auto",
                )
        model.change(
            self.pick,
            model,
            [direction, pictures, clip, holes, result],
            api_name="pick_translator",
            api_visibility="private",
        )
        translate.click(self.translate, [model, direction, given], result, api_name="translate")
        translate_drawing.click(
            self.translate_drawing, [model, direction, drawn], result, api_name="translate_drawing"
        )
        go_on.click(self.go_on, [model, files, frames], result, api_name="go_on")
        fill.click(self.fill, [model, hole], result, api_name="fill")

    def parts(self, name: str) -> dict[str, Any]:
        """What components are for a model: dict from their names to their arguments."""
        translates = self.ask.offers(name, "translate")
        directions = list(self.models[name].model.directions) if translates else []
        clips = translates and self.models[name].model.direction().takes.kind == "clips"
        return {
            "direction": {
                "choices": directions,
                "value": directions[0] if directions else None,
                "visible": len(directions) > 1,
            },
            "picture": {"visible": translates and not clips},
            "clip": {"visible": clips},
            "fill": {"visible": self.ask.offers(name, "fill")},
        }

    def pick(self, name: str) -> list[Any]:
        """Brings the components to a model."""
        return [*(gr.update(**part) for part in self.parts(name).values()), []]

    async def translate(self, name: str, direction: str | None, picture: bytes | None) -> Any:
        """Translates a picture: `POST /translate`."""
        if picture is None:
            raise gr.Error("Give a picture first.", print_exception=False)
        data = {"direction": direction} if len(self.models[name].model.directions) > 1 else {}
        return await self._sent(name, "translate", "Translation", {"images": [picture]}, data)

    async def translate_drawing(
        self, name: str, direction: str | None, drawing: dict[str, Any] | None
    ) -> Any:
        """Translates a drawing: `POST /translate`."""
        if drawing is None or drawing["composite"] is None:
            raise gr.Error("Draw something first.", print_exception=False)
        return await self.translate(name, direction, drawing["composite"])

    async def go_on(self, name: str, files: list[bytes] | None, frames: int) -> Any:
        """Makes the frames that follow some: `POST /translate`."""
        if not files:
            raise gr.Error("Give frames first.", print_exception=False)
        return await self._sent(
            name, "translate", "Frame", {"images": files}, {"frames": str(int(frames))}
        )

    async def fill(self, name: str, drawing: dict[str, Any] | None) -> Any:
        """Fills what is drawn upon: `POST /fill`."""
        if drawing is None or drawing["background"] is None:
            raise gr.Error("Give a picture first.", print_exception=False)
        with refused():
            mask = await run_in_threadpool(_mask_of, drawing["layers"], self.limits)
        if mask is None:
            raise gr.Error("Draw on the picture where it is to be filled.", print_exception=False)
        files = {"images": [drawing["background"]], "masks": [mask]}
        return await self._sent(name, "fill", "Filled picture", files, {})

    async def _sent(self, name, method, what, files, data):
        sent = [(key, (key, each)) for key, many in files.items() for each in many]
        answer = (await self.ask.post(name, method, files=sent, data=data)).json()
        return named(pictures_in(answer), what)


def _mask_of(layers, limits):
    """PNG of a mask, white where some layer is not transparent; None where there is no such place."""
    opacities = [picture[..., 3:] for picture in decoded(layers, 4, limits)]
    if not opacities or len({each.shape for each in opacities}) > 1:
        return None
    opacity = np.max(opacities, axis=0)
    return encode_png(np.where(opacity > 0, 255, 0).astype("uint8")) if opacity.any() else None
