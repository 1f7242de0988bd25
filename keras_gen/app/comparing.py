"""Scores of one model, or of several beside each other."""

from keras_gen import evaluation
from keras_gen.app.opening import evaluation_of, load
from keras_gen.tasks import Task

# What must be the same for all that are compared, and what `evaluate` takes where it is not said.
_SAME = {
    "dataset": None,
    "split": "test",
    "n": 10_000,
    "input": None,
    "target": None,
    "binarize": None,
    "classes": None,
    "separator": None,
    "decimal": None,
}


def reports(paths, options, seed, say, trust=False):
    """Evaluates models.

    Args:
        paths: List of strings, each as in `keras_gen.app.opening.load`.
        options: Dict of arguments of `keras_gen.evaluation.evaluate`. Without `"dataset"` each model is
            evaluated on what is known of it.
        seed: Integer.
        say: Function that is given a sentence where something was chosen.
        trust: Boolean, as in `keras_gen.presets.open_model`.

    Returns:
        Dict from the paths to the reports.

    Raises:
        ValueError: If the models would be measured on different data.
    """
    chosen = {}
    for path in paths:
        known, sentence = ({}, "") if "dataset" in options else evaluation_of(path)
        chosen[path] = known | options
        if sentence:
            say(sentence)
    first, *others = chosen
    for path in others:
        for name, usual in _SAME.items():
            values = [chosen[which].get(name, usual) for which in (first, path)]
            if values[0] != values[1]:
                raise ValueError(
                    f"`{name}` must be one for all models that are compared, so give it. Received: "
                    f"{values[0]!r} of {first}, {values[1]!r} of {path}"
                )
    return {
        path: evaluation.evaluate(load(path, Task, trust), **those, seed=seed)
        for path, those in chosen.items()
    }


def table(found):
    """A table of several reports: a row a score, a column a model.

    Args:
        found: Dict from names to reports of `keras_gen.evaluation.evaluate`.

    Returns:
        What a `rich.console.Console` prints: the table, and what there is to say of each report.
    """
    from rich.console import Group
    from rich.table import Table

    first = next(iter(found.values()))
    made = Table(box=None, title=f"{first['dataset']}, {first['split']}", title_justify="left")
    made.add_column("")
    for name in found:
        made.add_column(name, justify="right", overflow="fold")
    made.add_column("floor", justify="right")
    floor = first.get("floor") or {}
    for part in ("losses", "scores"):
        names = dict.fromkeys(name for report in found.values() for name in report.get(part) or {})
        for name in names:
            values = [(report.get(part) or {}).get(name) for report in found.values()]
            made.add_row(name, *map(_in_words, values), _in_words(floor.get(name)))
    said = {name: " ".join(evaluation.sentences(report)) for name, report in found.items()}
    if len(set(said.values())) == 1:
        return Group(made, said[next(iter(said))])
    return Group(made, *(f"{name}: {words}" for name, words in said.items()))


def _in_words(value):
    return "" if value is None else f"{value:.4g}"
