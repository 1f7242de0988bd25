"""How good a trained model is on a data set: what `keras-gen evaluate` reports."""

import functools
import pathlib

import numpy as np

from keras_gen import data, metrics, models
from keras_gen.data.sources import is_folder
from keras_gen.data.subsets import evenly_spaced
from keras_gen.metrics.feature_extractor import dataset_classifier
from keras_gen.metrics.translation_scores import TranslationScores

IWAE_IMAGES = 1000
BASELINES = {"copying": "copied input", "floor": "floor"}  # what stands beside a model's scores


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
    likelihood, active units and reconstruction error.

    A translator gets what its own `evaluate` gives and, where there are features to measure it with,
    the Fréchet and kernel distance of its translations to the images of the target domain; a
    `CycleGAN` in both directions, and where its two domains are features of one data set, which show
    the same examples, also `l1`, `psnr` and `ssim` to the true counterparts. Beside them stand the
    scores of the inputs as they are, and the floor, the distances of the train split's targets.

    Args:
        model: A model of this package. One that is not compiled is, with its defaults.
        dataset: String, a TFDS name or a folder of images.
        split: String, the split or subfolder to evaluate on.
        n: Integer, the most images; they are taken evenly over the split.
        features: What the scores' `feature_extractor` is. Defaults to that of the data set, see
            `keras_gen.metrics.default_feature_extractor`; translations of a data set that has no
            classifier of its own are then scored without features.
        seed: Integer, of the latents and of the kernel distance's subsets.
        input: String, for translation, as in `keras_gen.data.paired` and `unpaired`.
        target: String, likewise.
        iwae: Integer, for a VAE: latents an image in the importance-weighted bound. None is 20.

    Returns:
        Dict, ready for JSON: `model`, its class; `dataset`, `split`; `losses`, a dict of what the
        model itself measures; `extractor`, `scores`, `counts`, `floor` and `floor_counts` as in
        `keras_gen.metrics.evaluate_samples`; for a VAE `bound`, the `samples` an image and the
        `images` of its importance-weighted bound, and `latent_dim`; for translations `copying`, the
        losses and scores of giving back the input, where it has the target's shape or is a grey image
        of its size. A CycleGAN's `scores` say `a to b` or `b to a`. `fitted` lists, `from` and `to`,
        the shapes of images that had to be resized, cropped or converted to the model's.

    Raises:
        ValueError: If an option does not apply to the model, or the data do not fit it.
        FileNotFoundError: If the data set is not there.
    """
    if not isinstance(n, int) or n < 1:
        raise ValueError(f"`n` must be an integer above 0. Received: n={n!r}")
    translates = isinstance(model, models.Pix2Pix | models.CycleGAN)
    unfit = {} if translates else {"input": input, "target": target}
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
        domains = input, target
        return report | _evaluate_translation(model, dataset, split, n, features, seed, domains)
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
    if not split.startswith("train") and _has_split(dataset, "train"):
        holdout, _ = evenly_spaced(load("train"), count, 128)
    scores = metrics.SampleScores(_extractor(dataset, features), seed=seed, holdout=holdout)
    results = model.evaluate(images, scores=scores, verbose=0)
    names = ("extractor", "scores", "counts", "floor", "floor_counts")
    report = {"losses": results, **{name: results.pop(name) for name in names}}
    own_shape = data.describe(dataset, split=split).image_shape
    report |= _describe_fitting([(own_shape, model.image_shape)])
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


def _has_split(dataset, split):
    if is_folder(dataset):
        return (pathlib.Path(dataset).expanduser() / split).is_dir()
    try:
        data.describe(dataset, split=split)
    except ValueError:
        return False
    return True


def _describe_fitting(shapes):
    """The report's `fitted`, where the data's own shapes differ from those that the model is given.

    Args:
        shapes: Iterable of pairs of shapes, the data's own, which may be unknown in part, and the
            model's.
    """
    fitted = [
        {"from": list(own), "to": list(wanted)}
        for own, wanted in shapes
        if tuple(own) != tuple(wanted)
    ]
    return {"fitted": fitted} if fitted else {}


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


def _evaluate_translation(model, dataset, split, n, features, seed, domains):
    if isinstance(model, models.Pix2Pix):
        pipeline, shapes, paired = data.paired, (model.input_image_shape, model.image_shape), True
    else:
        pipeline, shapes = data.unpaired, (model.shape_a, model.shape_b)
        paired = None not in domains and not is_folder(dataset)  # features of the same examples
    extractor = None
    if features is not None or dataset_classifier(str(dataset)) is not None:
        extractor = _extractor(dataset, features)

    def load(split, **options):
        options |= {"batch_size": 1, "shuffle": False, "drop_remainder": False, "split": split}
        return pipeline(dataset, *domains, **options)

    fitting = {"image_size": shapes[0][:2], "channels": tuple(shape[-1] for shape in shapes)}
    pairs, count = evenly_spaced(load(split, **fitting), n, 16)
    report = {"losses": model.evaluate(pairs, verbose=0, return_dict=True)}
    train_pairs = None
    has_train_split = _has_split(dataset, "train") or _has_split(dataset, "trainA")
    if extractor is not None and has_train_split and not split.startswith("train"):
        train_pairs, train_count = evenly_spaced(load("train", **fitting), count, 16)
        report["floor_counts"] = {"real": count, "generated": train_count}
    if extractor is not None:
        report["extractor"] = extractor.name
    new_scores = functools.partial(TranslationScores, extractor, paired, seed)
    results = _score_translations(model, pairs, train_pairs, new_scores)
    if isinstance(model, models.CycleGAN) and shapes[0] == shapes[1]:
        unchanged = dict.fromkeys(model.evaluation_names, 0.0)  # there and back
        results["copying"] = unchanged | results.get("copying", {})
    for name in report["losses"]:
        results["scores"].pop(name, None)
    report |= {name: scores for name, scores in results.items() if scores}
    report["counts"] = {"real": count}
    own_shapes = _own_shapes(load, dataset, split)
    return report | _describe_fitting(zip(own_shapes, shapes, strict=True))


def _score_translations(model, pairs, train_pairs, new_scores):
    """The report's `scores` and, where they can be had, `copying` and `floor`."""
    if isinstance(model, models.Pix2Pix):
        directions = {"": (1, model.translate)}
    else:
        directions = {
            "a to b: ": (1, functools.partial(model.translate, direction="ab")),
            "b to a: ": (-1, functools.partial(model.translate, direction="ba")),
        }
    scores = {direction: new_scores() for direction in directions}
    for pair in pairs.as_numpy_iterator():
        for direction, (order, translate) in directions.items():
            inputs, targets = pair[::order]
            images = {"scores": translate(inputs)}
            if inputs.shape in (targets.shape, (*targets.shape[:3], 1)):
                images["copying"] = np.broadcast_to(inputs, targets.shape)  # grey in all channels
            scores[direction].update(targets, images)
    for pair in () if train_pairs is None else train_pairs.as_numpy_iterator():
        for direction, (order, _) in directions.items():
            scores[direction].update_floor(pair[::order][1])
    results = {}
    for direction, of_direction in scores.items():
        for name, values in of_direction.result().items():
            named = {f"{direction}{score}": value for score, value in values.items()}
            results[name] = results.get(name, {}) | named
    return {"scores": {}} | results


def _own_shapes(load, dataset, split):
    """Shapes of a pair's images as they are in the data; None where they vary or are not known."""
    try:
        # Of such a data set every image would have to be decoded to learn its size.
        is_unknown = not is_folder(dataset) and None in data.describe(dataset).image_shape
        pairs = None if is_unknown else load(split, cache=False)
    except ValueError:  # The images differ in size.
        pairs = None
    if pairs is None:
        return ((None, None, None),) * 2
    return [tuple(images.shape[1:]) for images in pairs.element_spec]


def render(report):
    """Lays a report of `evaluate` out for a `rich.console.Console` to print."""
    from rich.console import Group
    from rich.table import Table

    table = Table()
    table.add_column("score", overflow="fold")
    columns = [{**report["losses"], **report.get("scores", {})}]
    columns += [report[name] for name in BASELINES if name in report]
    headings = ["model", *(heading for name, heading in BASELINES.items() if name in report)]
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for score in columns[0]:
        cells = (_say_number(column[score]) if score in column else "" for column in columns)
        table.add_row(score, *cells)
    title = f"{report['model']} on {report['dataset']} ({report['split']})"
    return Group(title, table, " ".join([_say_counts(report), *_say_fitting(report)]))


def _say_counts(report):
    counts, floor = report["counts"], report.get("floor_counts")
    if "generated" in counts:
        text = f"Scores: {counts['generated']} generated against {counts['real']} real images."
    else:
        text = f"{counts['real']} images of each kind."
    if floor is not None:
        text += f" Floor: {floor['generated']} real against {floor['real']} other real images."
    if "bound" in report:
        text += (
            f" Importance-weighted bound: {report['bound']['samples']} latents an image, "
            f"{report['bound']['images']} images. Active units: of {report['latent_dim']}."
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
