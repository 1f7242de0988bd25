"""Pictures that somebody gives the page, as bytes: nothing is decoded before its size is looked at."""

from __future__ import annotations

import pathlib
from typing import Any

import gradio as gr
from gradio.components.base import server

LAYERS = 16  # of a drawing
DRAWINGS = 64  # that are held until they are asked about

# Methods of components are replaced, not overridden: of a subclass Gradio writes a file into the package.


def picture(**options: Any) -> gr.Image:
    """A picture that is dropped, chosen or pasted, of which handlers have the file's bytes, or None.

    Args:
        **options: Of `gradio.Image`.
    """
    component = gr.Image(type="filepath", **options)
    component.preprocess = _bytes_of
    return component


def drawing(**options: Any) -> gr.ImageEditor:
    """A picture that is drawn upon, of which handlers have None, or a dict of the files' bytes.

    They are its `"background"` and `"composite"`, each of them or None, and a list, its `"layers"`.

    Args:
        **options: Of `gradio.ImageEditor`.
    """
    component = gr.ImageEditor(**options)
    held, accept = component.blob_storage, component.accept_blobs

    def preprocess(payload):
        if payload is not None and payload.id is not None:
            payload = held.pop(payload.id, None)
        if payload is None:
            return None
        return {
            "background": _bytes_of(payload.background),
            "layers": [_bytes_of(layer) for layer in payload.layers if layer is not None],
            "composite": _bytes_of(payload.composite),
        }

    @server
    def accept_blobs(data):
        """Holds a part of a drawing until it is asked about: few parts of few drawings."""
        index = str(data.data["index"])
        if index.isdigit() and int(index[:9]) >= LAYERS:
            raise gr.Error(f"A drawing must have {LAYERS} layers at most.", print_exception=False)
        while len(held) >= DRAWINGS and data.data["id"] not in held:
            del held[next(iter(held))]
        accept(data)

    component.preprocess, component.accept_blobs = preprocess, accept_blobs
    return component


def _bytes_of(file):
    if file is None or isinstance(file, bytes):
        return file
    return pathlib.Path(file.path).read_bytes() if file.path else None
