"""How good a trained model is on a data set: what `keras-gen evaluate` reports."""

import pathlib

import keras
import numpy as np

from keras_gen import data, losses, metrics, models
from keras_gen.data.sources import is_folder
from keras_gen.data.subsets import evenly_spaced

IWAE_IMAGES = 1000


def evaluate(
    model,
    dataset,
    split="test",
    n=10_000,
    *,
    features=None,
    seed=0,
    input=None,
    target=None,
    iwae=None,
):
    """Evaluates a model on a split of a data set.

    A model that generates gets its losses and the scores of as many samples as there are real images,
    with the floor: the same scores of the train split's images where another split is evaluated and
    there is one, else of one half of the split against the other. A VAE also gets its bounds on the
    likelihood, active units and reconstruction error; a translator what its own `evaluate` gives.

    Args:
        model: A model of this package. One that is not compiled is, with its defaults.
        dataset: String, a TFDS name or a folder of images.
        split: String, the split or subfolder to evaluate on.
        n: Integer, the most images; they are taken evenly over the split.
        features: What the scores' `feature_extractor` is; by default that of the data set, see
            `keras_gen.metrics.default_feature_extractor`.
        seed: Integer, of the latents.
        input: String, for translation, as in `keras_gen.data.paired` and `unpaired`.
        target: String, likewise.
        iwae: Integer, for a VAE: latents an image in the importance-weighted bound. None is 20.

    Returns:
        Dict, ready for JSON: `model`, its class; `dataset`, `split`; `losses`, a dict of what the
        model itself measures; for samples `extractor`, `scores`, `counts`, `floor` and
        `floor_counts` as in `keras_gen.metrics.evaluate_samples`; for a VAE `bound`, the `samples` an
        image and the `images` of its importance-weighted bound, and `latent_dim`; for translations
        `copying`, the losses of giving back the input, where it has the target's shape or is a grey
        image of its size, and `counts`.

    Raises:
        ValueError: If an option does not apply to the model, or the data do not fit it.
        FileNotFoundError: If the data set is not there.
    """
    if not isinstance(n, int) or n < 1:
        raise ValueError(f"`n` must be an integer above 0. Received: n={n!r}")
    translates = isinstance(model, models.Pix2Pix | models.CycleGAN)
    unfit = (
        {"features": features, "iwae": iwae} if translates else {"input": input, "target": target}
    )
    if not isinstance(model, models.VAE):
        unfit["iwae"] = iwae
    for name, value in unfit.items():
        if value is not None:
            raise ValueError(
                f"`{name}` is no option for a {type(model).__name__}. Received: {name}={value!r}"
            )
    if not model.compiled:
        model.compile()
    report = {"model": type(model).__name__, "dataset": str(dataset), "split": split}
    if translates:
        return report | _evaluate_translation(model, dataset, split, n, input, target)
    return report | _evaluate_samples(model, dataset, split, n, features, seed, iwae or 20)


def _evaluate_samples(model, dataset, split, n, features, seed, iwae):
    def load(split):
        height, width, channels = model.image_shape
        return data.images(
            dataset,
            image_size=(height, width),
            channels=channels,
            split=split,
            labels=isinstance(model, models.ConditionalGAN),
            batch_size=1,
            shuffle=False,
            drop_remainder=False,
        )

    examples = load(split)
    images, count = evenly_spaced(examples, n, 128)
    holdout = None
    if _has_train_split(dataset, split):
        holdout, _ = evenly_spaced(load("train"), count, 128)
    scores = metrics.SampleScores(_extractor(dataset, features), seed=seed, holdout=holdout)
    results = model.evaluate(images, scores=scores, verbose=0)
    names = ("extractor", "scores", "counts", "floor", "floor_counts")
    report = {"losses": results, **{name: results.pop(name) for name in names}}
    if isinstance(model, models.VAE):
        chosen, count = evenly_spaced(examples, min(n, IWAE_IMAGES), 128)
        images = np.concatenate(list(chosen.as_numpy_iterator()))
        report["losses"] |= _describe_vae(model, images, iwae)
        report["bound"] = {"samples": iwae, "images": count}
        report["latent_dim"] = model.latent_dim
    return report


def _describe_vae(model, images, iwae):
    return {
        "importance_weighted_bound": float(model.importance_weighted_bound(images, iwae).mean()),
        "reconstruction_error": float(model.reconstruction_errors(images).mean()),
        "active_units": len(model.active_units(images)),
    }


def _has_train_split(dataset, split):
    """Whether there are images of a train split that are not in the one evaluated."""
    if split.startswith("train"):
        return False
    if is_folder(dataset):
        return (pathlib.Path(dataset).expanduser() / "train").is_dir()
    try:
        data.describe(dataset, split="train")
    except ValueError:
        return False
    return True


def _extractor(dataset, features):
    features = metrics.default_feature_extractor(str(dataset)) if features is None else features
    try:
        return metrics.get_feature_extractor(features)
    except (ValueError, TypeError):
        raise
    except Exception as error:  # Keras raises a plain one where a download fails.
        raise ValueError(
            "`features` must be had without a network, such as 'classifier_fashion_mnist' or a "
            f"preset's folder, or there must be one. Received: features={features!r} ({error})"
        ) from error


def _evaluate_translation(model, dataset, split, n, input, target):
    if isinstance(model, models.Pix2Pix):
        pipeline, shapes = data.paired, (model.input_image_shape, model.image_shape)
    else:
        pipeline, shapes = data.unpaired, (model.shape_a, model.shape_b)
    examples = pipeline(
        dataset,
        input,
        target,
        image_size=shapes[0][:2],
        channels=tuple(shape[-1] for shape in shapes),
        split=split,
        batch_size=1,
        shuffle=False,
        drop_remainder=False,
    )
    pairs, count = evenly_spaced(examples, n, 16)
    report = {"losses": model.evaluate(pairs, verbose=0, return_dict=True)}
    inputs, targets = shapes
    if inputs == targets or inputs == (*targets[:2], 1):
        report["copying"] = _evaluate_copying(model, pairs)
    return report | {"counts": {"real": count}}


def _evaluate_copying(model, pairs):
    """What `evaluate` would give of a model that gives back its input."""
    if isinstance(model, models.CycleGAN):
        return dict.fromkeys(model.evaluation_names, 0.0)  # there and back without a change
    means = {name: keras.metrics.Mean() for name in model.evaluation_names}
    for inputs, targets in pairs.as_numpy_iterator():
        copied = np.broadcast_to(inputs, targets.shape)  # a grey input in all channels
        for name, score in losses.paired_scores(targets, copied).items():
            means[name].update_state(score)
    return {name: float(mean.result()) for name, mean in means.items()}


def render(report):
    """Lays a report of `evaluate` out for a `rich.console.Console` to print."""
    from rich.console import Group
    from rich.table import Table

    table = Table()
    table.add_column("score", overflow="fold")
    table.add_column("model", justify="right", no_wrap=True)
    baseline = next((name for name in ("floor", "copying") if name in report), None)
    if baseline is not None:
        heading = {"floor": "floor", "copying": "copied input"}[baseline]
        table.add_column(heading, justify="right", no_wrap=True)
    others = report.get(baseline, {})
    for name, value in {**report["losses"], **report.get("scores", {})}.items():
        cells = [name, _say_number(value), _say_number(others[name]) if name in others else ""]
        table.add_row(*cells[: len(table.columns)])
    title = f"{report['model']} on {report['dataset']} ({report['split']})"
    return Group(title, table, _say_counts(report))


def _say_counts(report):
    counts = report["counts"]
    if "scores" not in report:
        return f"{counts['real']} images of each kind"
    floor = report["floor_counts"]
    text = (
        f"Scores: {counts['generated']} generated against {counts['real']} real images. "
        f"Floor: {floor['generated']} real against {floor['real']} other real images."
    )
    if "bound" not in report:
        return text
    return text + (
        f" Importance-weighted bound: {report['bound']['samples']} latents an image, "
        f"{report['bound']['images']} images. Active units: of {report['latent_dim']}."
    )


def _say_number(value):
    return str(value) if isinstance(value, int) else f"{value:.4g}"
