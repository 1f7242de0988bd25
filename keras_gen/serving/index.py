"""The index of what is served: the models, each with its card."""

from __future__ import annotations

import html
from collections.abc import Iterable

from keras_gen.serving.guard import PAGE
from keras_gen.serving.served import Served

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; } pre { white-space: pre-wrap; font-size: 0.85rem; } th { text-align: left; }
td, th { padding: 0 1.5rem 0 0; vertical-align: top; } code { overflow-wrap: anywhere; }
"""


def index_of(models: Iterable[Served], with_page: bool = False) -> str:
    """HTML of the models, each with its card.

    Args:
        models: Iterable of `Served`.
        with_page: Boolean, whether there is a page to try them.
    """
    link = f'<p><a href="{PAGE}/">Try the models</a> in the browser.</p>' if with_page else ""
    parts = "".join(map(_part, models))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>keras_gen</title>'
        f"<style>{_STYLE}</style></head><body><h1>keras_gen</h1>"
        '<p>Routes: <a href="/docs">docs</a>, <a href="/openapi.json">OpenAPI</a>, '
        '<a href="/v1/models">models</a>, <a href="/metrics">metrics</a>.</p>'
        f"{link}{parts}</body></html>"
    )


def _part(served):
    about = served.about()
    name = html.escape(served.name)
    facts = {
        "does": ", ".join(about["tasks"]),
        "makes": f"{about['gives']['kind']}, {_shape(about['gives']['shape'])}",
        "latents": _shape(about["latent_dim"]) if about["latent_dim"] else None,
        "classes": ", ".join(about["class_names"] or []) or about["num_classes"],
        "parameters": f"{about['parameters']:,}",
    }
    rows = "".join(
        f"<tr><th>{fact}</th><td>{html.escape(str(value))}</td></tr>"
        for fact, value in facts.items()
        if value is not None
    )
    text = html.escape(about["description"] or "")
    card = ""
    if served.card:
        card = f"<details><summary>Card</summary><pre>{html.escape(served.card)}</pre></details>"
    link = f'<a href="/v1/models/{name}">{name}</a>'
    return f"<h2>{link}</h2><p>{text}</p><table>{rows}</table>{card}"


def _shape(shape):
    return " x ".join("any" if side is None else str(side) for side in shape)
