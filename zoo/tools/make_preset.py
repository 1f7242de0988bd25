"""Makes a preset of the zoo from a training of `keras-gen train`: measures it and writes its folder.

    keras-gen train gan --dataset fashion_mnist --output runs/gan_fashion_mnist
    python zoo/tools/make_preset.py gan_fashion_mnist runs/gan_fashion_mnist --machine "1 of 2 CPU cores"
    python zoo/tools/write_cards.py

Writes `zoo/NAME/`: `config.json`, `model.weights.h5`, `metadata.json`, `samples.png` (seed 0, nothing
chosen), `history.csv` and `golden.npz`, three outputs that every backend must reproduce; of a VAE
`reconstructions.png`, of a Wasserstein GAN `wasserstein_estimate.png`, of what mixes `mixing.png` and
`truncation.png`; of tables `samples.csv` in place of pictures. What is there already can be measured again,
without its training, or held against its card:

    python zoo/tools/make_preset.py gan_fashion_mnist --again
    python zoo/tools/make_preset.py gan_fashion_mnist --check

Where `made_here` says that a preset keeps fewer `mantissa_bits`, what is there is packed so, and measured, by

    python zoo/tools/make_preset.py pix2pix_fluent_line_to_3d --pack
"""

import argparse
import contextlib
import csv
import json
import math
import pathlib
import shlex
import shutil
import sys
import tempfile

import keras
import made_here
import numpy as np
from preset_files import complete

from keras_gen import data, evaluation, losses, metrics
from keras_gen.app.opening import load
from keras_gen.data.subsets import evenly_spaced
from keras_gen.presets import from_preset, read_metadata, save_to_preset
from keras_gen.recipes import find_family
from keras_gen.tasks.encoding import Encodes
from keras_gen.tasks.filling import Fills
from keras_gen.tasks.from_latents import FromLatents
from keras_gen.tasks.mixing import Mixes
from keras_gen.tasks.translating import Translates

ZOO = pathlib.Path(__file__).resolve().parents[1]
ESTIMATE = "wasserstein_estimate"  # what a Wasserstein GAN logs
NOISE = 25 / 255  # of the reference that scores are compared with, in units of the whole grey range


def make_preset(name, run, machine, seconds=None, judge=None):
    """Measures the model in the folder `run` and writes it as the zoo's preset `name`."""
    model = keras.saving.load_model(run / "model.keras")
    model = with_the_average_alone(model, judge and load(judge))
    settings = json.loads((run / "settings.json").read_text())
    history = read_history(run)
    epochs = len(history)
    training = {
        "command": command(settings, made_here.PRESETS[name].get("begun_with")),
        "settings": settings,
        "epochs": epochs,
        "images_seen": images_seen(settings, epochs),
        "seconds": round(seconds or sum(float(row["seconds"]) for row in history)),
        "machine": machine,
        "kept": "the last epoch's weights; no score chose them",
    }
    return write_preset(name, model, training, run / "history.csv")


def pack_again(name):
    """Writes the zoo's preset `name` anew with as many bits as `made_here` says, and measures it."""
    training = read_metadata(ZOO / name)["training"]
    return write_preset(name, from_preset(ZOO / name), training, ZOO / name / "history.csv")


def write_preset(name, model, training, history):
    """Writes a model as the zoo's preset `name`, rounded, and measures what the rounding left of it.

    Args:
        name: String, the preset's.
        model: The model, its weights in full.
        training: Dict, what is said of its training.
        history: `pathlib.Path` of the training's losses.

    Returns:
        Dict, the preset's metadata.
    """
    settings = training["settings"]
    draw = preview(settings)
    packed = {"weights_dtype": "float16"}
    if "mantissa_bits" in made_here.PRESETS[name]:
        packed["mantissa_bits"] = made_here.PRESETS[name]["mantissa_bits"]
    with folder_aside(name) as folder:
        save_to_preset(model, folder, **packed)
        shutil.copy(history, folder)
        change = float16_change(draw(model)[0], draw(from_preset(folder))[0], model.gives)
        facts = {**packed, "float16_change": change, "training": training}
        return complete(folder, facts | measure(folder, name, settings))


def float16_change(before, after, spec):
    """How far samples are from those before weights were rounded.

    Args:
        before: Array `(n, ...)`, samples.
        after: Array of the same shape.
        spec: What a sample is.

    Returns:
        Float: of images in [-1, 1] the most, in grey levels of 255; of rows the share of values that are
        others, numbers by more than a hundredth of their column's range.
    """
    if spec.kind == "tables":
        columns = zip(spec.columns, spec.decode(before), spec.decode(after), strict=True)
        return round(float(np.mean([moved(*column) for column in columns])), 4)
    return round(float(np.abs(after - before).max()) * 127.5, 4)


def moved(column, before, after):
    """Where a column's values are others, numbers by more than a hundredth of their range."""
    if not column.is_number or before.dtype.kind != "f":
        return before != after
    near = np.abs(after - before) <= 0.01 * (column.high - column.low)
    return ~(near | np.isnan(before) & np.isnan(after))


def with_the_average_alone(model, judge=None):
    """A model of its moving averages, which halves its file; a GAN's only before another judge, or to classify.

    Args:
        model: A model as it was trained.
        judge: A model whose discriminators take the place of its own, or None: a projected one holds a copy of
            a classifier that is in the zoo already.
    """
    translates = isinstance(model, Translates)
    judged_anew = isinstance(model, FromLatents) and judge is not None
    config = model.get_config()
    one_network = {"network", "ema_decay"} <= config.keys()  # that learns, and makes the samples
    classifies = "classify" in model.exports()
    wanted = translates or judged_anew or one_network or classifies or isinstance(model, Fills)
    if not wanted or config.get("ema_decay") is None:
        return model
    config |= {"ema_decay": None}
    judges = [name for name in config if name.startswith("discriminator")]
    if judge is not None:
        config |= {name: judge.get_config()[name] for name in judges}
    slim = type(model).from_config(config)
    if one_network:
        slim.network.set_weights(model.averaged().get_weights())
        return slim
    if isinstance(model, Mixes):
        for network, source in zip(slim.makers, model.makers, strict=True):
            network.set_weights(source.get_weights())
        slim.mean_code.assign(model.mean_code)
    elif translates:
        for way, direction in slim.directions.items():
            direction.network.set_weights(model.directions[way].network.get_weights())
    else:
        slim.generator.set_weights(model.sampler.get_weights())
    if classifies:
        slim.discriminator.set_weights(model.recogniser.get_weights())
        return slim
    for name, source in {**dict.fromkeys(judges, judge or model), "heads": model}.items():
        if getattr(source, name, None) is not None:
            getattr(slim, name).set_weights(getattr(source, name).get_weights())
    return slim


def measure_again(name):
    """Measures the zoo's preset `name` anew; weights, training facts and history stay as they are."""
    with folder_aside(name) as folder:
        shutil.copytree(ZOO / name, folder)
        settings = read_metadata(folder)["training"]["settings"]
        return complete(folder, measure(folder, name, settings))


@contextlib.contextmanager
def folder_aside(name):
    """Gives the path of a folder to write, which then takes the place of the preset `name`."""
    with tempfile.TemporaryDirectory(dir=ZOO, prefix=f".{name}.") as scratch:
        folder = pathlib.Path(scratch) / name
        yield folder
        shutil.rmtree(ZOO / name, ignore_errors=True)
        folder.rename(ZOO / name)


def measure(folder, name, settings):
    """Scores the model stored in `folder`, and writes its pictures and golden outputs there.

    Returns:
        Dict, what the preset's metadata say of it.
    """
    facts = made_here.PRESETS[name]
    model = from_preset(folder)
    samples, columns = preview(settings)(model)
    model.gives.show(samples, folder / "samples.png", columns, least=512)
    inputs = model.golden_inputs(**facts["evaluation"])
    outputs = model.golden_outputs(inputs)
    np.savez_compressed(folder / "golden.npz", **inputs, outputs=outputs)
    if isinstance(model, Encodes) and model.gives.kind == "images":
        draw_reconstructions(model, facts["evaluation"], folder / "reconstructions.png")
    if isinstance(model, Mixes) and model.gives.kind == "images":
        draw_mixing(model, folder / "mixing.png")
        draw_truncation(model, folder / "truncation.png")
    history = read_history(folder)
    if history and ESTIMATE in history[0]:
        draw_estimate(history, folder / f"{ESTIMATE}.png")
    report = evaluation.evaluate(model, **facts["evaluation"]) | references(model, facts)
    return {**made_here.words(name), "evaluation": facts["evaluation"], "report": report}


def check_scores(name, tolerance=0.02):
    """Evaluates the zoo's preset `name` as `keras-gen evaluate` does, and compares with its card.

    Returns:
        List of strings, one for each score that differs by more than `tolerance` times its value.
    """
    metadata = read_metadata(ZOO / name)
    report = evaluation.evaluate(from_preset(ZOO / name), **metadata["evaluation"])
    different = []
    for part in ("losses", "scores", "copying", "mean_colour", "biharmonic", "floor"):
        card, now = metadata["report"].get(part, {}), report.get(part, {})
        for score in sorted(card.keys() | now.keys()):
            values = [values.get(score, math.nan) for values in (card, now)]
            if not math.isclose(*values, rel_tol=tolerance, abs_tol=1e-4):
                different.append(
                    f"{part}, {score}: {values[0]:.5g} on the card, {values[1]:.5g} now"
                )
    return different


def preview(settings):
    """What draws a model's samples by seed 0, of which the cards speak, and says how many stand in a row."""
    recipe = recipe_of({**settings, "seed": 0})
    return recipe.drawer(recipe.open())


def recipe_of(settings):
    """The recipe that a training's `settings.json` keeps."""
    return find_family(settings["model"]).load().from_settings(settings)


def read_history(folder):
    """Rows of a training's `history.csv`, each a dict of strings."""
    with open(folder / "history.csv", newline="") as file:
        return list(csv.DictReader(file))


def draw_reconstructions(model, settings, path, columns=8):
    """Draws two rows of images of the evaluated split, each above the row of their reconstructions."""
    options = {"split": settings["split"], "batch_size": 1, "shuffle": False}
    examples, _ = evenly_spaced(data.images(settings["dataset"], **options), 2 * columns, 32)
    images = np.concatenate(list(examples.as_numpy_iterator()))
    rows, columns = model.reconstructions(images, columns)
    model.gives.show(rows, path, columns)


def draw_mixing(model, path, rows=4, columns=7, truncation=0.7):
    """Draws samples on the left and above, and of each pair one: the left's coarse levels, the above's fine."""
    left, above = range(rows), range(rows, rows + columns)
    mixed = model.mix(left, above, range(model.levels // 2, model.levels), truncation=truncation)
    alone = [model.generate(1, seed, truncation=truncation) for seed in (*left, *above)]
    blank = np.ones_like(alone[0])
    lines = [np.concatenate([blank, *alone[rows:]])]
    lines += [np.concatenate([alone[row], mixed[row]]) for row in left]
    model.gives.show(np.concatenate(lines), path, 1 + columns, least=512)


def draw_truncation(model, path, columns=8, truncations=(0.3, 0.7, 1.0)):
    """Draws a row of samples at each truncation, of the same latents."""
    rows = [model.generate(columns, seed=0, truncation=share) for share in truncations]
    model.gives.show(np.concatenate(rows), path, columns, least=512)


def draw_estimate(history, path):
    """Draws the course of a Wasserstein GAN's estimate of the distance."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    epochs = [int(row["epoch"]) + 1 for row in history]
    estimates = [float(row[ESTIMATE]) for row in history]
    axes.plot(epochs, estimates, marker=".")
    axes.set(xlabel="epoch", ylabel="Wasserstein estimate")
    if min(estimates) > 0:  # A critic that has not learnt yet may give less.
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("{x:g}")
    axes.grid(alpha=0.3, which="both")
    figure.savefig(path)


def command(settings, begun_with=None):
    """The command that trained a model, its options those that differ from the recipe's."""
    recipe = recipe_of(settings)
    words = ["keras-gen train", settings["model"], "--dataset", settings["dataset"]]
    for option, value in settings.items():
        if option == "minutes" and settings.get("steps"):
            continue  # They were made steps.
        usual = recipe.default_epochs if option == "epochs" else recipe.usual(option)
        if option not in ("model", "dataset") and value not in (None, usual):
            given = [] if value is True else [shlex.quote(str(value))]
            words += [f"--{option.replace('_', '-')}", *given]
    return " ".join([*words, *(("--from-preset", begun_with) if begun_with else ())])


def steps(settings):
    """Number of steps in an epoch."""
    recipe = recipe_of(settings)
    return recipe.open().steps(recipe.batch_size)


def images_seen(settings, epochs):
    """Number of examples that a training saw, whose last epoch may have been cut short."""
    made = epochs * steps(settings)
    return min(made, settings.get("steps") or made) * settings["batch_size"]


def references(model, facts):
    """What a model's scores are held against, beside the floor."""
    if isinstance(model, Translates) and model.paired and "input" in facts["evaluation"]:
        return {"mean_picture": score_mean_picture(facts["evaluation"])}
    if facts["data"] is made_here.FASHION_MNIST:
        return {"noisy_real": score_noisy_images(facts["evaluation"]["dataset"])}
    return {}


def score_noisy_images(dataset, count=10_000):
    """Scores of training images with Gaussian noise, against as many test images."""
    options = {"batch_size": 500, "shuffle": False, "drop_remainder": False}
    extractor = metrics.default_feature_extractor(dataset)
    real = data.images(dataset, split="test", **options)
    train = data.images(dataset, split="train", **options)
    rng = np.random.default_rng(0)

    def noisy():
        for batch in train.as_numpy_iterator():
            noise = rng.normal(0.0, 2.0 * NOISE, batch.shape)
            yield np.clip(batch + noise, -1.0, 1.0).astype("float32")

    report = metrics.evaluate_samples(real, noisy(), extractor, limit=count)
    return {"scores": report["scores"], "counts": report["counts"], "sigma": NOISE}


def score_mean_picture(settings):
    """Scores of a Pix2Pix that always answers the mean training target."""
    _, targets = read_pairs(settings, settings["split"])
    _, train = read_pairs(settings, "train")
    answers = np.broadcast_to(train.mean(axis=0), targets.shape)
    return {name: float(score) for name, score in losses.paired_scores(targets, answers).items()}


def read_pairs(settings, split):
    """All inputs and all targets of a split, two arrays."""
    domains = settings["dataset"], settings["input"], settings["target"]
    options = {"batch_size": 50, "shuffle": False, "drop_remainder": False}
    pairs = data.paired(*domains, split=split, **options).as_numpy_iterator()
    return [np.concatenate(images) for images in zip(*pairs, strict=True)]


def main():
    """Reads the command line, measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=sorted(set(made_here.PRESETS)))
    parser.add_argument("run", type=pathlib.Path, nargs="?", help="folder of the training")
    parser.add_argument("--again", action="store_true", help="measure the stored weights anew")
    parser.add_argument("--pack", action="store_true", help="round them as made_here says, measure")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a score of the card differs"
    )
    parser.add_argument("--machine", help="what trained it, for the card: '1 of 2 CPU cores'")
    parser.add_argument(
        "--judge", help="preset or training whose discriminator is kept in place of the training's"
    )
    parser.add_argument("--seconds", type=float, help="of training, where the history has none")
    arguments = parser.parse_args()
    if (arguments.run is not None) + arguments.again + arguments.pack + arguments.check != 1:
        parser.error("give one of: a training's folder, --again, --pack, --check")
    if arguments.run is not None and not arguments.machine:
        parser.error("give --machine, which the card names beside the training's time")
    if arguments.check:
        different = check_scores(arguments.name)
        print("\n".join(different) or f"{arguments.name}: the card's scores are reproduced")
        sys.exit(1 if different else 0)
    if arguments.again:
        metadata = measure_again(arguments.name)
    elif arguments.pack:
        metadata = pack_again(arguments.name)
    else:
        metadata = make_preset(
            arguments.name, arguments.run, arguments.machine, arguments.seconds, arguments.judge
        )
    print(json.dumps(metadata["report"], indent=2))


if __name__ == "__main__":
    main()
