"""Makes a preset of the zoo from a training of `keras-gen train`: measures it and writes its folder.

    keras-gen train gan --dataset fashion_mnist --output runs/gan_fashion_mnist
    python zoo/tools/make_preset.py gan_fashion_mnist runs/gan_fashion_mnist
    python zoo/tools/write_cards.py

Writes `zoo/NAME/`: `config.json`, `model.weights.h5`, `metadata.json`, `samples.png` (seed 0, nothing
chosen), `history.csv` and `golden.npz`, three outputs that every backend must reproduce.
"""

import argparse
import csv
import json
import pathlib
import shutil
import tempfile

import keras
import made_here
import numpy as np
from preset_files import complete

from keras_gen import ConditionalGAN, CycleGAN, Pix2Pix, data, evaluation, losses, metrics, pictures
from keras_gen.models.latents import draw_latents
from keras_gen.presets import from_preset, save_to_preset
from keras_gen.recipes import RECIPES, Settings

ZOO = pathlib.Path(__file__).resolve().parents[1]
NOISE = 25 / 255  # of the reference that scores are compared with, in units of the whole grey range


def make_preset(name, run, machine, seconds=None):
    """Measures the model in the folder `run` and writes it as the zoo's preset `name`."""
    facts = made_here.PRESETS[name]
    model = keras.saving.load_model(run / "model.keras")
    settings = json.loads((run / "settings.json").read_text())
    with open(run / "history.csv", newline="") as file:
        history = list(csv.DictReader(file))
    draw, columns = RECIPES[settings["model"]].preview(Settings(**settings))

    with tempfile.TemporaryDirectory(dir=ZOO, prefix=f".{name}.") as scratch:
        folder = pathlib.Path(scratch) / name
        images = draw(model)
        save_to_preset(model, folder, weights_dtype="float16")
        stored = from_preset(folder)
        grid = draw(stored)
        pictures.save_png(
            folder / "samples.png", pictures.enlarge(pictures.image_grid(grid, columns), 512)
        )
        shutil.copy(run / "history.csv", folder / "history.csv")
        np.savez_compressed(folder / "golden.npz", **golden(stored, facts))
        report = evaluation.evaluate(stored, **facts["evaluation"]) | references(stored, facts)
        epochs = len(history)
        metadata = {
            **made_here.words(name),
            "weights_dtype": "float16",
            # In grey levels of 255; images are in [-1, 1].
            "float16_change": round(float(np.abs(grid - images).max() * 127.5), 4),
            "training": {
                "command": command(settings),
                "settings": settings,
                "epochs": epochs,
                "images_seen": epochs * steps(settings) * settings["batch_size"],
                "seconds": round(seconds or sum(float(row["seconds"]) for row in history)),
                "machine": machine,
                "kept": "the last epoch's weights; no score chose them",
            },
            "evaluation": facts["evaluation"],
            "report": report,
        }
        metadata = complete(folder, metadata)
        shutil.rmtree(ZOO / name, ignore_errors=True)
        folder.rename(ZOO / name)
    return metadata


def command(settings):
    """The command that trained a model, its options those that differ from the recipe's."""
    defaults = {"seed": 0} | RECIPES[settings["model"]].defaults
    words = ["keras-gen train", settings["model"], "--dataset", settings["dataset"]]
    for option, value in settings.items():
        if option not in ("model", "dataset") and value not in (None, defaults.get(option)):
            words += [f"--{option.replace('_', '-')}", str(value)]
    return " ".join(words)


def steps(settings):
    """Number of steps in an epoch."""
    return int(RECIPES[settings["model"]].load(Settings(**settings)).cardinality())


def golden(model, facts):
    """Three inputs of a model and its outputs for them, by the names of `tests/zoo`."""
    if isinstance(model, (Pix2Pix, CycleGAN)):
        pipeline = data.paired if isinstance(model, Pix2Pix) else data.unpaired
        dataset, split, first, second = (
            facts["evaluation"][name] for name in ("dataset", "split", "input", "target")
        )
        batches = pipeline(dataset, first, second, split=split, batch_size=3, shuffle=False)
        images, _ = next(iter(batches.as_numpy_iterator()))
        images = pictures.to_uint8(images)
        return {"images": images, "outputs": model.translate(images / np.float32(127.5) - 1.0)}
    latents = draw_latents(3, model.latent_dim, seed=0)
    if isinstance(model, ConditionalGAN):
        labels = np.arange(3, dtype="int32") % model.num_classes
        outputs = model.generate(labels=labels, latents=latents)
        return {"latents": latents, "labels": labels, "outputs": outputs}
    return {"latents": latents, "outputs": model.generate(latents=latents)}


def references(model, facts):
    """What a model's scores are held against, beside the floor."""
    if isinstance(model, Pix2Pix):
        return {"mean_picture": score_mean_picture(facts["evaluation"])}
    if isinstance(model, CycleGAN):
        return {"pairs": score_pairs(model, facts["evaluation"])}
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


def score_pairs(model, settings):
    """How near a CycleGAN's translations come to the true counterparts, which it never saw as pairs."""
    inputs, targets = read_pairs(settings, settings["split"])
    return {
        "translated": score_outputs(targets, model.translate(inputs)),
        "copying": score_outputs(targets, inputs),
    }


def score_mean_picture(settings):
    """What a Pix2Pix's `evaluate` would give of one that always answers the mean training target."""
    _, targets = read_pairs(settings, settings["split"])
    _, train = read_pairs(settings, "train")
    return score_outputs(targets, np.broadcast_to(train.mean(axis=0), targets.shape))


def read_pairs(settings, split):
    """All inputs and all targets of a split, two arrays."""
    domains = settings["dataset"], settings["input"], settings["target"]
    options = {"batch_size": 50, "shuffle": False, "drop_remainder": False}
    pairs = data.paired(*domains, split=split, **options).as_numpy_iterator()
    return [np.concatenate(images) for images in zip(*pairs, strict=True)]


def score_outputs(targets, outputs):
    """`losses.paired_scores` as floats, ready for JSON."""
    return {name: float(score) for name, score in losses.paired_scores(targets, outputs).items()}


def main():
    """Reads the command line, measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=sorted(set(made_here.PRESETS)))
    parser.add_argument("run", type=pathlib.Path, help="folder of the training")
    parser.add_argument("--machine", default="2 CPU cores (AMD EPYC), shared with other work")
    parser.add_argument("--seconds", type=float, help="of training, where the history has none")
    arguments = parser.parse_args()
    metadata = make_preset(arguments.name, arguments.run, arguments.machine, arguments.seconds)
    print(json.dumps(metadata["report"], indent=2))


if __name__ == "__main__":
    main()
