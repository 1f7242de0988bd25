"""The page as a whole, and its place in the application."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
from fastapi import FastAPI
from starlette.responses import RedirectResponse

from keras_gen.serving.gradio_page.asking import Inside
from keras_gen.serving.gradio_page.explore import Explore
from keras_gen.serving.gradio_page.tab import Tab
from keras_gen.serving.gradio_page.tables import Tables
from keras_gen.serving.gradio_page.translate import Translate
from keras_gen.serving.guard import PAGE
from keras_gen.serving.limits import Limits
from keras_gen.serving.methods import is_pictures
from keras_gen.serving.served import Served

KEPT = 3600  # seconds that files of the page are kept

_STYLE = """
.gradio-container { width: 100% !important; max-width: 72rem !important; margin: 0 auto !important; }
.grid-wrap { min-height: 8rem !important; max-height: none !important; }
.grid-container { padding-top: 2rem !important; }
.pictures .grid-container { grid-template-columns: repeat(auto-fill, minmax(5.5rem, 1fr)) !important; }
.one .grid-container { grid-template-columns: minmax(0, 24rem) !important; justify-content: center; }
.pictures .caption-label { display: none; }
.small img, .one img { image-rendering: pixelated; }
"""


def mount_page(
    app: FastAPI, models: Mapping[str, Served], limits: Limits, token: str | None
) -> None:
    """Adds the page to an application that has all its other routes.

    Args:
        app: The application.
        models: Mapping from names to `Served`.
        limits: `Limits`.
        token: String that requests must bring, or None.
    """
    # Where no loop runs, Gradio opens some and leaves them open.
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, _mount(app, models, limits, token)).result()


async def _mount(app, models, limits, token):
    blocks = blocks_of(Inside(app, token), models, limits)

    @app.get(PAGE, include_in_schema=False)
    async def page() -> RedirectResponse:
        return RedirectResponse(f"{PAGE}/")

    gr.mount_gradio_app(
        app,
        blocks,
        PAGE,
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=limits.body_bytes,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=_theme(),
        css=_STYLE,
    )


def _theme():
    """Fonts of the machine, for which no other host is asked, and texts that stand out from their ground."""
    theme = gr.themes.Default(
        primary_hue="blue",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
    return theme.set(
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
    )


def blocks_of(ask: Inside, models: Mapping[str, Served], limits: Limits) -> gr.Blocks:
    """The page, with a tab for each thing that one or more of the models do.

    Args:
        ask: `Inside`.
        models: Mapping from names to `Served`.
        limits: `Limits`.
    """

    def offering(*methods):
        return {
            name: served
            for name, served in models.items()
            if any(ask.offers(name, method) for method in methods)
        }

    makers = offering("generate")
    makers = {name: served for name, served in makers.items() if is_pictures(served.model.gives)}
    tabs: list[tuple[str, type[Tab], dict[str, Served]]] = [
        ("Explore", Explore, makers),
        ("Translate", Translate, offering("translate", "fill")),
        ("Table", Tables, offering("sample")),
    ]
    with gr.Blocks(title="keras_gen", analytics_enabled=False, delete_cache=(KEPT, KEPT)) as blocks:
        gr.Markdown("# keras_gen\n[The models and their cards](/) · [REST](/docs)")
        for title, tab, offered in tabs:
            if offered:
                with gr.Tab(title):
                    tab(offered, ask, limits).build()
    # The models' own queues say how many may wait.
    blocks.queue(default_concurrency_limit=limits.queue)
    return blocks
