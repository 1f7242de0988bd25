"""Verdicts as Label Studio imports them."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import Any

from keras_gen.files import written_aside
from keras_gen.types import PathLike

# The labelling interface that fits the tasks.
INTERFACE = """\
<View>
  <Image name="image" value="$image"/>
  <Choices name="verdict" toName="image" choice="single">
    <Choice value="yes"/>
    <Choice value="no"/>
  </Choices>
</View>
"""


def write_tasks(
    path: PathLike,
    candidates: Iterable[Mapping[str, Any]],
    verdicts: Mapping[str, Iterable[Mapping[str, Any]]],
    root: str,
) -> None:
    """Writes a task for each candidate, and in it an annotation for each reviewer's verdict.

    Args:
        path: String or path of the JSON file.
        candidates: Iterable of dicts with a `file`.
        verdicts: Dict from files to the verdicts on them: dicts of `reviewer`, `verdict`, `time`.
        root: String, what stands before a file's name in its address.
    """
    tasks = [
        {
            "data": {
                "image": root + urllib.parse.quote(candidate["file"]),
                **{k: candidate[k] for k in ("file", "model", "seed", "index") if k in candidate},
            },
            "annotations": [_annotation(each) for each in verdicts.get(candidate["file"], ())],
        }
        for candidate in candidates
    ]
    with written_aside(path) as aside:
        aside.write_text(json.dumps(tasks, indent=1) + "\n", encoding="utf-8")


def _annotation(verdict):
    choice = {
        "from_name": "verdict",
        "to_name": "image",
        "type": "choices",
        "value": {"choices": [verdict["verdict"]]},
        "meta": {"reviewer": verdict["reviewer"]},
    }
    return {"result": [choice], "created_at": verdict["time"], "was_cancelled": False}
