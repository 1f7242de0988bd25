"""How good a trained model is on a data set: what `keras-gen evaluate` reports."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keras_gen.checks import is_integer
from keras_gen.tasks import reporting
from keras_gen.tasks.task import Task
from keras_gen.types import ExtractorLike, PathLike, Report, ValueRange

if TYPE_CHECKING:
    import keras

# What stands beside a model's scores.
BASELINES = {
    "copying": "copied input",
    "mean_colour": "mean colour",
    "biharmonic": "biharmonic",
    "floor": "floor",
}


def evaluate(
    model: keras.Model,
    dataset: Any,
    split: str | None = None,
    n: int = 10_000,
    *,
    features: ExtractorLike | None = None,
    seed: int = 0,
    input: str | None = None,
    target: str | None = None,
    iwae: int | None = None,
    log_likelihood: int | None = None,
    picture: PathLike | None = None,
    resize: str | None = None,
    value_range: ValueRange | None = None,
    side_by_side: bool = False,
    binarize: str | None = None,
    classes: Sequence[str | int] | str | None = None,
    separator: str | None = None,
    decimal: str | None = None,
) -> Report:
    """Evaluates a model on a split of a data set.

    A model that generates gets its losses and the scores of as many samples as there are real images,
    with the floor: the same scores of the train split's images where another split is evaluated and
    there is one, else of one half of the split against the other. A VAE also gets its bounds on the
    likelihood, active units and reconstruction error.

    A translator gets what its own `evaluate` gives and, where there are features to measure it with,
    the Fréchet and kernel distance of its translations to the images of the target domain; a
    `CycleGAN` in both directions, and where its two domains are features of one data set, which show
    the same examples, also `l1`, `psnr` and `ssim` to the true counterparts. Beside them stand the
    scores of the inputs as they are, and the floor, the distances of the train split's targets.

    A table of mixed types gets its scores, and where the train split is there beside the one evaluated
    `keras_gen.metrics.table_privacy` and with a `target` `table_efficacy`; their floor is of real rows.

    A model that fills holes gets, over masks that are the same for the same `seed`, the error in the holes
    (`hole_l1`), `psnr` and `ssim` of the filled pictures and the distances of these to whole ones; beside
    them the same of holes filled with the mean colour of what is known, and by scikit-image's biharmonic
    surface where that is installed and there are no more than 1,000 pictures.

    Args:
        model: A model of this package, or one's own with a task, `keras_gen.tasks.generating.Generates` say.
            One that is not compiled is, with its defaults.
        dataset: String, a TFDS name or a folder of images. For data of other kinds, an array or the path of
            a `.npy` file.
        split: String, the split or subfolder to evaluate on. Defaults to `"test"`, or to what else is held
            out, `"val"` say; where there is nothing, a flat folder say, to `"train"`, and the report's `notes`
            say so.
        n: Integer, the most images; they are taken evenly over the split.
        features: What the scores' `feature_extractor` is. Defaults to that of the data set, see
            `keras_gen.metrics.default_feature_extractor`, or where its weights can't be had for want of a
            network, with a warning, to the classifier of the package that takes images of the nearest
            size; translations of a data set that has no classifier of its own are then scored without
            features.
        seed: Integer, of the latents and of the kernel distance's subsets.
        input: String, for translation, as in `keras_gen.data.paired` and `unpaired`.
        target: String, likewise. For a table of mixed types the column that models of scikit-learn are to
            predict.
        iwae: Integer, for a VAE: latents an example in the importance-weighted bound. None is 20.
        log_likelihood: Integer, for a VAE: latents an example in the estimate of `log p(x)`, 128 say, which
            the losses then have under a name with that number. Pictures must be black and white under a
            Bernoulli likelihood. None is no estimate.
        picture: String or path, for a table of mixed types: the `.png`, `.svg` or `.pdf` file in which its
            columns and their pairs are drawn, see `keras_gen.metrics.draw_table_report`.
        resize: String, how pictures are resized, as in `keras_gen.data.images`.
        value_range: Pair of numbers, the stored values that are black and white, likewise.
        binarize: String, for a model that generates pictures: `"static"` or `"dynamic"`, as in
            `keras_gen.data.images`, whereby a likelihood compares with those of papers.
        classes: Names or numbers, for a model that generates pictures: the classes whose images are meant, as
            in `keras_gen.data.images`.
        separator: String, for a table in CSV files, as in `keras_gen.data.open_table`.
        decimal: String, likewise.
        side_by_side: Boolean, for translation: whether each picture is a pair, as in `paired`.

    Returns:
        Dict, ready for JSON: `model`, its class; `dataset`, `split`; `losses`, a dict of what the
        model itself measures; `extractor`, `scores`, `counts`, `floor` and `floor_counts` as in
        `keras_gen.metrics.evaluate_samples`; for a VAE `bound`, the `samples` an image and the
        `images` of its importance-weighted bound, and `latent_dim`; for translations `copying`, the
        losses and scores of giving back the input, where it has the target's shape or is a grey image
        of its size, or of what stands for it, whose name is then the `baseline`: `"bicubic"` enlargement
        for super-resolution; for filled holes `mean_colour` and `biharmonic`. A CycleGAN's `scores` say
        `a to b` or `b to a`. `fitted` lists, `from` and `to`,
        the shapes of images that had to be resized, cropped or converted to the model's. `notes`, where
        there are any, are sentences.

    Raises:
        ValueError: If the model has no task, an option does not apply to it, or the data do not fit it.
        FileNotFoundError: If the data set is not there.
    """
    if not is_integer(n) or n < 1:
        raise ValueError(f"`n` must be an integer above 0. Received: n={n!r}")
    if not isinstance(model, Task):
        raise ValueError(
            "`model` must be one that generates or translates, which its class says by its base "
            f"(keras_gen.tasks). Received: a {type(model).__name__}"
        )
    options = {
        "input": input,
        "target": target,
        "iwae": iwae,
        "log_likelihood": log_likelihood,
        "picture": picture,
    }
    options = {name: value for name, value in options.items() if value is not None}
    for name, value in options.items():
        if name not in model.report_options:
            raise ValueError(
                f"`{name}` is no option for a {type(model).__name__}. Received: {name}={value!r}"
            )
    reading = {
        "binarize": binarize,
        "classes": classes,
        "side_by_side": side_by_side or None,
    }
    for name, given in reading.items():
        if given is not None and name not in model.picture_reading:
            raise ValueError(
                f"`{name}` is no option for a {type(model).__name__}. Received: {name}={given!r}"
            )
    signs = {"separator": separator, "decimal": decimal}
    model.gives.check_reading(signs)
    opened, notes = _open(
        model,
        dataset,
        split,
        {
            **options,
            "resize": resize,
            "value_range": value_range,
            **reading,
            **signs,
        },
    )
    if not model.compiled:
        model.compile()
    report = {
        "model": type(model).__name__,
        "dataset": str(dataset) if _is_named(dataset) else opened.name,
        "split": opened.split,
    }
    report |= model.report(opened, n, features, seed, **options)
    notes += report.pop("notes", [])
    return report | ({"notes": notes} if notes else {})


def _open(model, dataset, split, options):
    """The data set at the split asked for, or at the one there is, and what there is to say of that."""
    if split is not None or not _is_named(dataset):
        return model.open_data(dataset, split or "train", **options), []
    try:
        return model.open_data(dataset, "test", **options), []
    except ValueError:
        opened = model.open_data(dataset, "train", **options)
        other = reporting.split_held_out(opened)
        if other == "test":
            raise
    if other is not None:
        return opened.at_split(other), []
    return opened, [
        f"There is no test split: these are the {model.gives.noun} of the train split, which the model may "
        "have been trained on."
    ]


def _is_named(dataset):
    return isinstance(dataset, str | os.PathLike)


def render(report: Report) -> Any:
    """Lays a report of `evaluate` out for a `rich.console.Console` to print."""
    from rich.console import Group
    from rich.table import Table

    table = Table()
    table.add_column("score", overflow="fold")
    columns = [{**report["losses"], **report.get("scores", {})}]
    columns += [report[name] for name in BASELINES if name in report]
    baselines = {**BASELINES, "copying": report.get("baseline", BASELINES["copying"])}
    headings = ["model", *(heading for name, heading in baselines.items() if name in report)]
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for score in columns[0]:
        cells = (_say_number(column[score]) if score in column else "" for column in columns)
        table.add_row(score, *cells)
    title = f"{report['model']} on {report['dataset']} ({report['split']})"
    return Group(title, table, " ".join(sentences(report)))


def sentences(report: Report) -> list[str]:
    """What is said below a report's table: counts, how images were fitted, notes."""
    return [_say_counts(report), *_say_fitting(report), *report.get("notes", ())]


def _say_counts(report):
    counts, floor = report["counts"], report.get("floor_counts")
    noun = report.get("noun", "images")
    if "examples" in counts:
        text = f"{counts['examples']} examples."
    elif "generated" in counts:
        text = f"Scores: {counts['generated']} generated against {counts['real']} real {noun}."
    else:
        text = f"{counts['real']} images of each kind."
    if floor is not None:
        text += f" Floor: {floor['generated']} real against {floor['real']} other real {noun}."
    if "bound" in report:
        text += (
            f" Importance-weighted bound: {report['bound']['samples']} latents an example, "
            f"{report['bound']['images']} {noun}. Active units: of {report['latent_dim']}."
        )
    return text


def _say_fitting(report):
    for shapes in report.get("fitted", ()):
        own, wanted = (" x ".join(map(str, shape)) for shape in (shapes["from"], shapes["to"]))
        if None in shapes["from"]:
            yield f"Images that were not {wanted} were resized, cropped or converted to it."
        else:
            yield f"Images were resized, cropped or converted from {own} to {wanted}."


def _say_number(value):
    return str(value) if isinstance(value, int) else f"{value:.4g}"
