"""What was written about pictures, for people: a table and a sheet."""

from __future__ import annotations

import csv
import html
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

from keras_gen.files import written_aside
from keras_gen.types import PathLike

COLUMNS = (
    "file",
    "title",
    "alt_text",
    "tags",
    "copy",
    "failed",
    "model",
    "seed",
    "label",
    "prompt_tokens",
    "completion_tokens",
    "cost",
    "picture_sha256",
    "prompt_sha256",
)
_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 1rem auto; max-width: 72rem; padding: 0 1rem; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1.5rem; }
img { display: block; width: 100%; image-rendering: pixelated; }
h2 { font-size: 1.1rem; margin: 0.5rem 0 0; } p { margin: 0.25rem 0; overflow-wrap: anywhere; }
.tags, .file { font-size: 0.85rem; opacity: 0.75; }
"""


def write_csv(
    path: PathLike, rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = COLUMNS
) -> None:
    """Writes a table of a row for each picture.

    Args:
        path: String or path.
        rows: Sequence of dicts of a candidate and of its line in `descriptions.jsonl`.
        columns: Sequence of strings.
    """
    with (
        written_aside(path) as aside,
        open(aside, "w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        for row in rows:
            answer = row["answer"] or {}
            tags = ", ".join(answer.get("tags", ()))
            writer.writerow({**row, **row["usage"], **answer, "tags": tags})


def write_sheet(path: PathLike, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes a page of the pictures and their words, which lies beside the pictures.

    Args:
        path: String or path.
        rows: As in `write_csv`.
    """
    figures = "\n".join(map(_figure, rows))
    text = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Contact sheet</title><style>{_STYLE}</style></head>\n"
        f"<body><h1>Contact sheet</h1><main>\n{figures}\n</main></body></html>\n"
    )
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")


def _figure(row):
    answer = row["answer"] or {}
    file, source = html.escape(row["file"]), html.escape(urllib.parse.quote(row["file"]))
    alt = html.escape(answer.get("alt_text", ""))
    parts = [f'<img src="{source}" alt="{alt}">']
    if answer:
        parts.append(f"<h2>{html.escape(answer['title'])}</h2><p>{html.escape(answer['copy'])}</p>")
        parts.append(f'<p class="tags">{html.escape(", ".join(answer["tags"]))}</p>')
    else:
        parts.append(f"<p>Not described: {html.escape(row['failed'])}</p>")
    return f'<article>{"".join(parts)}<p class="file">{file}</p></article>'
