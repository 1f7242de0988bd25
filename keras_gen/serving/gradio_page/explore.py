"""The tab where pictures are made, varied, moved along directions, walked between and mixed."""

from __future__ import annotations

import inspect
import pathlib
import secrets
import tempfile
from collections.abc import Mapping
from typing import Any

import gradio as gr
import numpy as np
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder
from starlette.concurrency import run_in_threadpool

from keras_gen.modalities.images.show import enlarge, save_gif
from keras_gen.serving.directions import Directions
from keras_gen.serving.gradio_page.asking import Inside, named, pictures_in, refused
from keras_gen.serving.gradio_page.tab import Tab
from keras_gen.serving.limits import Limits
from keras_gen.serving.served import SEEDS, Served

SLIDERS = 8
SMALL = 64  # the side up to which pixels of pictures are shown as squares
REACH = 3.0  # deviations of a latent's numbers, how far a slider goes
MILLISECONDS = 80  # of a film's picture
UNCHOSEN = "Choose a picture to go on from it."
BUTTONS = ["download", "fullscreen"]


class Explore(Tab):
    """The tab for models that make pictures; arguments as in `Tab`."""

    def __init__(self, models: Mapping[str, Served], ask: Inside, limits: Limits) -> None:
        super().__init__(models, ask, limits)
        self.directions = {name: Directions(each, SLIDERS) for name, each in models.items()}

    def build(self) -> None:
        """Lays out the tab, within a `gradio.Blocks`."""
        first, limits = next(iter(self.models)), self.limits
        parts = self.parts(first)
        shown, chosen = gr.State({}), gr.State(0)
        with gr.Row():
            model = self.choice()
            label = gr.Dropdown(label="Class", allow_custom_value=True, **parts["label"])
            seed = gr.Number(0, label="Seed", precision=0, info="The same seed, the same pictures")
            count = gr.Slider(
                1, limits.images, min(16, limits.images), step=1, label="How many pictures"
            )
            truncation = gr.Slider(0, 1, step=0.05, label="Truncation", **parts["truncation"])
        with gr.Row():
            make = gr.Button("Make pictures", variant="primary")
            another = gr.Button("Another seed")
        gallery = gr.Gallery(
            label="Pictures",
            format="png",
            buttons=["download", "download_all", "fullscreen"],
            height="auto",
            **parts["gallery"],
        )
        chosen_words = gr.Markdown(UNCHOSEN, **parts["like"])
        with gr.Accordion("More like this", open=True, **parts["like"]) as like:
            amount = gr.Slider(
                0, 1, 0.3, step=0.05, label="Amount", info="0: the chosen picture, 1: any other"
            )
            vary = gr.Button("More like the chosen picture")
        with gr.Accordion("Directions", open=False, **parts["moved"]) as moved:
            gr.Markdown(
                "Sliders move the chosen picture's latent, in deviations, along the directions by which "
                "pictures change most. They are found when the first is moved, which takes 512 pictures."
            )
            with gr.Row():
                sliders = [
                    gr.Slider(
                        -REACH,
                        REACH,
                        0,
                        step=0.1,
                        label=f"Direction {number}",
                        min_width=240,
                        **visible,
                    )
                    for number, visible in enumerate(parts["sliders"], start=1)
                ]
            reset = gr.Button("All to 0")
            moved_picture = gr.Gallery(
                label="The chosen picture, moved",
                format="png",
                columns=1,
                buttons=BUTTONS,
                elem_classes="one",
                height="auto",
            )
        with gr.Accordion("Film between two seeds", open=False, **parts["film"]) as film:
            with gr.Row():
                other = gr.Number(1, label="Seed of the end", precision=0)
                steps = gr.Slider(
                    2, max(2, limits.images), min(24, limits.images), step=1, label="Steps"
                )
            walk = gr.Button("Make a film")
            film_picture = gr.Image(
                label="Film",
                type="filepath",
                interactive=False,
                buttons=BUTTONS,
                elem_classes="one",
            )
        with gr.Accordion("Mix styles", open=False, **parts["mix"]) as mix:
            with gr.Row():
                seeds_a = gr.Textbox("0 1 2", label="Seeds of rows")
                seeds_b = gr.Textbox("3 4 5", label="Seeds of columns")
            levels = gr.CheckboxGroup(
                label="Levels that are the columns'",
                info="0 is the coarsest",
                **parts["levels"],
            )
            blend = gr.Button("Mix")
            mixed = gr.Gallery(
                label="Mixed pictures", format="png", columns=3, buttons=BUTTONS, height="auto"
            )
        picked = [label, truncation, gallery, chosen_words, like, moved, film, mix, levels]
        model.change(
            self.pick,
            [model],
            [*picked, *sliders, moved_picture, mixed, shown, chosen],
            api_name="pick_maker",
            api_visibility="private",
        )
        settings = [model, seed, label, count, truncation]
        made = [gallery, shown, chosen, chosen_words]
        make.click(self.generate, settings, made, api_name="generate")
        another.click(self.draw_seed, None, seed, api_visibility="private").then(
            self.generate, settings, made, api_visibility="private"
        )
        gallery.select(self.choose, shown, [chosen, chosen_words], api_visibility="private")
        vary.click(self.vary, [shown, chosen, amount, count], made, api_name="vary")
        gr.on(
            [slider.input for slider in sliders],
            self.move,
            [shown, chosen, *sliders],
            moved_picture,
            trigger_mode="always_last",
            api_name="move",
        )
        reset.click(lambda: [0] * SLIDERS, None, sliders, api_visibility="private").then(
            self.move, [shown, chosen, *sliders], moved_picture, api_visibility="private"
        )
        walk.click(
            self.film,
            [model, seed, other, label, steps, truncation],
            film_picture,
            api_name="film",
        )
        blend.click(self.mix, [model, seeds_a, seeds_b, levels, truncation], mixed, api_name="mix")

    def parts(self, name: str) -> dict[str, Any]:
        """What components are for a model: dict from their names to their arguments."""
        served, ask = self.models[name], self.ask
        from_latents = ask.offers(name, "vary")
        count = self.directions[name].count
        levels = served.model.levels if ask.offers(name, "mix") else 0
        default = self._truncation_of(name)
        small = max(served.model.gives.shape[:2]) <= SMALL
        return {
            "label": {
                "choices": [("any", ""), *((each, each) for each in _classes(served))],
                "value": "",
                "visible": served.model.num_classes is not None,
            },
            "truncation": {
                "value": 1.0 if default is None else default,
                "visible": default is not None,
            },
            "gallery": {"elem_classes": ["pictures", "small"] if small else ["pictures"]},
            "like": {"visible": from_latents},
            "moved": {"visible": count > 0},
            "sliders": [{"visible": number < count} for number in range(SLIDERS)],
            "film": {"visible": from_latents},
            "mix": {"visible": levels > 0},
            "levels": {
                "choices": list(range(levels)),
                "value": list(range(levels // 2)),
            },
        }

    def _truncation_of(self, name):
        """The default of a model's truncation; None of one that takes none."""
        generate = inspect.signature(self.models[name].model.generate)
        taken = generate.parameters.get("truncation")
        return None if taken is None else taken.default

    def pick(self, name: str) -> list[Any]:
        """Brings the components to a model."""
        parts = self.parts(name)
        sliders = [gr.update(value=0, **each) for each in parts["sliders"]]
        return [
            gr.update(**parts["label"]),
            gr.update(**parts["truncation"]),
            gr.update(value=[], **parts["gallery"]),
            gr.update(value=UNCHOSEN, **parts["like"]),
            *(gr.update(**parts[each]) for each in ("like", "moved", "film", "mix", "levels")),
            *sliders,
            [],
            [],
            {},
            0,
        ]

    def draw_seed(self) -> int:
        """Another seed."""
        return secrets.randbelow(SEEDS)

    async def generate(
        self, name: str, seed: int | None, label: str | None, n: int, truncation: float
    ) -> tuple[Any, ...]:
        """Makes pictures: `POST /generate`."""
        body = {"n": n, "seed": seed, **self._truncated(name, truncation)}
        if label:
            # No more than are refused.
            body["labels"] = [self._label(name, label)] * min(int(n), self.limits.images + 1)
        answer = (await self.ask.post(name, "generate", json=body)).json()
        return self._made(answer, truncation)

    def choose(self, shown: dict[str, Any], event: gr.SelectData) -> tuple[int, str]:
        """Chooses one of the pictures."""
        return event.index, self._words(shown, event.index)

    async def vary(
        self, shown: dict[str, Any], chosen: int, amount: float, n: int
    ) -> tuple[Any, ...]:
        """Makes others like one: `POST /vary`."""
        name, truncation = self._of(shown)
        body = {"latent": shown["latents"][chosen], "amount": amount, "n": n}
        if "labels" in shown:
            body["label"] = shown["labels"][chosen]
        body |= self._truncated(name, truncation)
        answer = (await self.ask.post(name, "vary", json=body)).json()
        return self._made(answer, truncation)

    async def move(self, shown: dict[str, Any], chosen: int, *amounts: float) -> Any:
        """Makes one anew whose latent is moved: `POST /generate`."""
        name, truncation = self._of(shown)
        directions = await self._directions(name)
        moved = np.array(amounts[: len(directions)], "float32") @ directions
        latent = np.array(shown["latents"][chosen], "float32") + moved
        body = {"latents": [latent.tolist()], **self._truncated(name, truncation)}
        if "labels" in shown:
            body["labels"] = [shown["labels"][chosen]]
        answer = (await self.ask.post(name, "generate", json=body)).json()
        return named(pictures_in(answer), "Moved picture")

    async def film(
        self,
        name: str,
        seed: int | None,
        other: int | None,
        label: str | None,
        steps: int,
        truncation: float,
    ) -> str:
        """Makes a film from one seed's picture to another's, and back: `POST /interpolate`."""
        options = self._truncated(name, truncation)
        ends = [
            (await self.ask.post(name, "generate", json={"n": 1, "seed": each, **options})).json()
            for each in (seed, other)
        ]
        body = {"latents": [end["latents"][0] for end in ends], "steps": steps, **options}
        if "labels" in ends[0]:
            body["label"] = self._label(name, label) if label else ends[0]["labels"][0]
        answer = (await self.ask.post(name, "interpolate", json=body)).json()
        return await run_in_threadpool(_gif, pictures_in(answer))

    async def mix(
        self, name: str, seeds_a: str, seeds_b: str, levels: list[int], truncation: float
    ) -> Any:
        """Makes pictures of two: `POST /mix`."""
        body = {
            "seeds_a": _numbers(seeds_a),
            "seeds_b": _numbers(seeds_b),
            "levels": levels,
            **self._truncated(name, truncation),
        }
        answer = (await self.ask.post(name, "mix", json=body)).json()
        pairs = [f"Seed {a} with {b}" for a in body["seeds_a"] for b in body["seeds_b"]]
        pictures = zip(pictures_in(answer), pairs, strict=True)
        return gr.Gallery(value=list(pictures), columns=answer["columns"])

    async def _directions(self, name):
        with refused():
            return await self.directions[name].find()

    def _made(self, answer, truncation):
        pictures = pictures_in(answer)
        shown = {key: value for key, value in answer.items() if key != "images"}
        shown["truncation"] = truncation
        texts = [self._caption(shown, number) for number in range(len(pictures))]
        items = list(zip(pictures, texts, strict=True))
        # None of them is open: the first is chosen.
        return gr.Gallery(value=items, selected_index=None), shown, 0, self._words(shown, 0)

    def _caption(self, shown, number):
        text = f"Picture {number + 1}, seed {shown['seed']}"
        if "labels" in shown:
            text += f", class {_classes(self.models[shown['model']])[shown['labels'][number]]}"
        return text

    def _words(self, shown, number):
        return f"Chosen: {self._caption(shown, number)}" if shown else ""

    def _of(self, shown):
        if not shown:
            raise gr.Error("Make pictures first.", print_exception=False)
        return shown["model"], shown["truncation"]

    def _truncated(self, name, truncation):
        return {} if self._truncation_of(name) is None else {"truncation": truncation}

    def _label(self, name, label):
        """A class as requests say it: its name, or its number where classes have no names."""
        named = self.models[name].model.class_names is not None
        return label if named or not label.isdigit() else int(label[:9])


def _gif(pictures):
    """Path of an animation there and back."""
    arrays = [np.atleast_3d(np.array(picture)) for picture in pictures]
    frames = [enlarge(array) for array in arrays]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "film.gif"
        save_gif(path, frames + frames[-2:0:-1], MILLISECONDS)
        return save_bytes_to_cache(path.read_bytes(), path.name, get_upload_folder())


def _classes(served):
    """Texts of a model's classes."""
    names = served.model.class_names
    return [
        str(each) for each in (range(served.model.num_classes or 0) if names is None else names)
    ]


def _numbers(text):
    try:
        return [int(word) for word in text.replace(",", " ").split()]
    except ValueError as error:
        raise gr.Error("Seeds must be whole numbers, 0 1 2 say.", print_exception=False) from error
