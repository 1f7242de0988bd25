"""The tab where rows of tables are made."""

from __future__ import annotations

import csv
import io
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder
from starlette.concurrency import run_in_threadpool

from keras_gen.modalities import MixedRows
from keras_gen.serving.gradio_page.tab import Tab

SHOWN = 100  # rows, of those that are made


class Tables(Tab):
    """The tab for models that make rows; arguments as in `Tab`."""

    def build(self) -> None:
        """Lays out the tab, within a `gradio.Blocks`."""
        first, most = next(iter(self.models)), self.limits.rows
        with gr.Row():
            model = self.choice()
            count = gr.Number(
                min(100, most), label="How many rows", precision=0, info=f"{most:,} at most"
            )
            seed = gr.Number(0, label="Seed", precision=0, info="The same seed, the same rows")
        conditions = gr.Dropdown(
            label="Conditions",
            info="What every row shall have: column=value",
            multiselect=True,
            allow_custom_value=True,
            **self.conditions(first),
        )
        make = gr.Button("Make rows", variant="primary")
        table = gr.Dataframe(
            label=f"The first {SHOWN} rows", interactive=False, buttons=["copy"], visible=False
        )
        download = gr.DownloadButton("Download all rows (CSV)", interactive=False)
        model.change(
            lambda name: gr.update(**self.conditions(name)),
            model,
            conditions,
            api_visibility="private",
        )
        make.click(
            self.sample, [model, count, seed, conditions], [table, download], api_name="sample"
        )

    def conditions(self, name: str) -> dict[str, Any]:
        """What the conditions are for a model: arguments of their component."""
        served, spec = self.models[name], self.models[name].model.gives
        taken = isinstance(spec, MixedRows) and "conditions" in served.methods["sample"].options
        columns = spec.columns if taken else ()
        pairs = [f"{column.name}={text}" for column in columns for text in column.texts_of_values]
        return {"choices": pairs, "value": [], "visible": taken}

    async def sample(
        self, name: str, n: int | None, seed: int | None, conditions: list[str] | None
    ) -> tuple[Any, Any]:
        """Makes rows: `POST /sample`."""
        body = {"n": n, "seed": seed}
        if conditions:
            try:
                body |= self.models[name].model.meeting(conditions)
            except ValueError as error:
                raise gr.Error(str(error), print_exception=False) from error
        headers = {"Accept": "text/csv"}
        file = (await self.ask.post(name, "sample", json=body, headers=headers)).content
        return await run_in_threadpool(_shown, f"{name}.csv", file)


def _shown(name, file):
    """The first rows of a CSV file, and the button that gives all."""
    header, *rows = csv.reader(io.StringIO(file.decode("utf-8")))
    path = save_bytes_to_cache(file, name, get_upload_folder())
    table = gr.Dataframe(value={"headers": header, "data": rows[:SHOWN]}, visible=True)
    return table, gr.DownloadButton(value=path, interactive=True)
