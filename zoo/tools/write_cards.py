"""Writes every preset's card and the zoo's table from what the presets' metadata say.

The words come from `made_here.py`, and are put into the metadata first.

python zoo/tools/write_cards.py           # writes them
python zoo/tools/write_cards.py --check   # says which are stale, and fails if any is
"""

import argparse
import csv
import json
import pathlib
import sys

import made_here

from keras_gen import models
from keras_gen.files import written_aside
from keras_gen.presets.files import METADATA, to_json

ZOO = pathlib.Path(__file__).resolve().parents[1]
ROWS = 6  # of a table that a card shows


def read_presets():
    """Metadata of all presets by name, in today's words."""
    return {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))
        | made_here.words(path.parent.name)
        for path in sorted(ZOO.glob(f"*/{METADATA}"))
    }


def write_card(name, metadata):
    """The text of a preset's card."""
    data = metadata["data"]
    parts = [
        f"# {name}",
        f"{metadata['description']}. {metadata['task']}.",
        *_picture(
            metadata, "samples", made_here.PRESETS[name].get("caption", "Seed 0, nothing chosen.")
        ),
        *_rows(name, metadata),
        *_picture(
            metadata, "reconstructions", "Test images, and below each row their reconstructions."
        ),
        *_picture(
            metadata,
            "mixing",
            "What lies where and in which pose from the left, by the coarser half of the levels; colours and "
            "details from above, by the finer. Seeds 0 to 10, truncation 0.7.",
        ),
        *_picture(metadata, "truncation", "Seed 0 at truncation 0.3, 0.7 and 1."),
        "## Use",
        _usage(name, metadata),
        metadata["use"],
        "## Model",
        f"{metadata['network']}. {_parameters(metadata)}",
        "## Data",
        f"[{data['name']}]({data['url']}): {data['description']}. Licence: {data['licence']}. "
        f"{data['citation']}.",
        "## Training",
        _training(metadata),
        *_picture(
            metadata,
            "wasserstein_estimate",
            "The critic's estimate of the Wasserstein distance, mean of each epoch.",
        ),
        "## Scores",
        _scores(metadata),
        *(text for text in (metadata.get("beside"),) if text),
        "## Limits",
        metadata["limits"],
        "## Licence of the weights",
        metadata["licence"],
    ]
    return "\n\n".join(parts) + "\n"


def _picture(metadata, name, caption):
    """A picture and what it shows, where the preset has it."""
    has_picture = f"{name}.png" in metadata["files"]
    return (f"![{name.replace('_', ' ')}]({name}.png)", caption) if has_picture else ()


def _rows(name, metadata):
    """The first rows that a table's preset makes."""
    if "samples.csv" not in metadata["files"]:
        return ()
    with open(ZOO / name / "samples.csv", newline="", encoding="utf-8") as file:
        names, *rows = csv.reader(file)
    lines = [names, ["---"] * len(names), *rows[:ROWS]]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return table, f"Seed 0, nothing chosen: the first of {len(rows)} rows in `samples.csv`."


def _usage(name, metadata):
    model = _class_of(metadata)
    if model is None:
        code = f'model = keras_gen.from_preset("{name}")\nlogits = model.predict(images)'
    else:
        code = model.usage(name, made_here.PRESETS[name].get("size", ""))
    return f"```python\nimport keras_gen\n\n{code}\n```"


def _parameters(metadata):
    count, model = f"{metadata['parameter_count']:,} parameters", _class_of(metadata)
    return (
        f"{count}."
        if model is None
        else f"{count}, {model.parts_in_words}. Class `{model.__name__}`."
    )


def _class_of(metadata):
    """The model's class, or None of a plain Keras model, a classifier."""
    name = metadata["class_name"]
    return getattr(models, name) if name in models.__all__ else None


def _training(metadata):
    training = metadata.get("training")
    if "origin" in metadata:  # not trained here
        return metadata["origin"]
    if training is None:  # a classifier
        return (
            f"`{metadata['training_command']}`\n\n{metadata['epochs']} epochs of batches of "
            f"{metadata['batch_size']}, {_duration(metadata['training_seconds'])} on "
            f"{metadata.get('machine', '2 CPU cores')}."
        )
    noun, change = metadata["report"].get("noun", "images"), metadata["float16_change"]
    bits = metadata.get("mantissa_bits")
    rounded = f", kernels with {bits} of its 10 bits of mantissa" if bits else ""
    half = f"The file keeps weights as float16{rounded}, which changes "
    drawn = {"bits_per_dim": "pixel", "perplexity_of_all": "code"}
    one_by_one = [each for loss, each in drawn.items() if loss in metadata["report"]["losses"]]
    if one_by_one:
        half += f"what is drawn: one {one_by_one[0]} that comes out otherwise changes all after it."
    elif noun == "rows":
        half += f"{100 * change:.2g}% of the values in the samples, numbers by more than a hundredth of "
        half += "their range."
    else:
        half += f"the samples by at most {change:.2g} of 255 grey levels."
    return (
        f"`{training['command']}`\n\n{training['epochs']} epoch{'s' * (training['epochs'] != 1)}, "
        f"{training['images_seen']:,} {noun} "
        f"seen, {_duration(training['seconds'])} on {training['machine']}. Kept: {training['kept']}. "
        f"The course of the losses is in `history.csv`. {half}"
    )


def _duration(seconds):
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _scores(metadata):
    report = metadata.get("report")
    if report is None:
        return _accuracy(metadata)
    noun = report.get("noun", "images")
    columns = {"this model": {**report["losses"], **report.get("scores", {})}}
    for key, title in (
        ("copying", report.get("baseline", "copying the input")),
        ("mean_colour", "mean colour of the rest"),
        ("biharmonic", "biharmonic surface"),
        ("mean_picture", "mean training picture"),
        ("floor", "floor: real images"),
    ):
        if key in report:
            columns[title.replace("images", noun)] = report[key]
    if "noisy_real" in report:
        columns["noisy real images"] = report["noisy_real"]["scores"]
    lines = [
        "| | " + " | ".join(columns) + " |",
        "|---|" + "---:|" * len(columns),
    ]
    for score in columns["this model"]:
        cells = [_number(column[score]) if score in column else "" for column in columns.values()]
        lines.append(f"| {score} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n\n" + _counts(report, metadata["evaluation"])


def _accuracy(metadata):
    if "measured" in metadata:
        return metadata["measured"]
    text = (
        f"Accuracy on {metadata['test_images']:,} test images: "
        f"{100 * metadata['test_accuracy']:.1f}%."
    )
    if "test_commonest_class" in metadata:
        text += (
            f" The commonest class alone would give {100 * metadata['test_commonest_class']:.1f}%."
        )
    if "test_look_accuracy" in metadata:
        text += (
            f" By the same features {100 * metadata['test_look_accuracy']:.1f}% were told to be of the "
            "right one of the two looks."
        )
    return text


def _counts(report, evaluation):
    counts, floor = report["counts"], report.get("floor_counts")
    if "generated" not in counts:
        noun = "clips" if "examples" in counts else "pairs" if "input" in evaluation else "pictures"
        count = counts.get("examples", counts.get("real"))
        text = f"{count:,} {noun} of the {evaluation['split']} split, none of them trained on."
        if floor is None:
            return text
        return (
            f"{text} Floor: {floor['generated']:,} real images of the train split against "
            f"{floor['real']:,} of the {evaluation['split']} split, which show other things, so that a "
            "translation can come below it."
        )
    noun = report.get("noun", "images")
    text = (
        f"{counts['generated']:,} generated against {counts['real']:,} real {noun} of the "
        f"{evaluation['split']} split. Floor: {floor['generated']:,} {noun} of the train split "
        f"against {floor['real']:,} of the {evaluation['split']} split."
    )
    if "bound" in report:
        text += (
            " Likelihoods are in nats. Importance-weighted bound: "
            f"{report['bound']['samples']} samples {'a row' if noun == 'rows' else 'an image'}, "
            f"{report['bound']['images']:,} {noun}. "
            f"Active units: of {report['latent_dim']}."
        )
    if "noisy_real" not in report:
        return text
    share = fid_share(report)
    return (
        f"{text} Noisy real images: as many of the train split, with Gaussian noise of 25 of 255 grey "
        f"levels. The model's FID is {share:.3f} of theirs."
    )


def fid_share(report):
    """FID as a share of what real images with noise have."""
    (name,) = (name for name in report["scores"] if name.startswith("FID"))
    return report["scores"][name] / report["noisy_real"]["scores"][name]


def _number(value):
    return str(value) if isinstance(value, int) else f"{value:.4g}"


def write_table(presets):
    """The text of the zoo's own README."""
    lines = [
        "# The zoo",
        "Weights that come with the package: `keras_gen.from_preset(name)` works offline. All but "
        "`classifier_imagenet_lite0` were trained by the commands on their cards, on CPUs, on real data. "
        "A generator's scores stand on its card beside those of real images, a translator's beside those of "
        "simple guesses. This page and the cards are written by `python zoo/tools/write_cards.py` from the "
        "presets' metadata.",
    ]
    rows = [
        "| | preset | what it makes | parameters | in short |",
        "|---|---|---|---:|---|",
    ]
    for name, metadata in presets.items():
        picture = (
            f'<img src="{name}/samples.png" width="120" alt="samples">'
            if "samples.png" in metadata["files"]
            else ""
        )
        rows.append(
            f"| {picture} | [{name}]({name}/README.md) | {metadata['description']} | "
            f"{metadata['parameter_count']:,} | {_in_short(metadata)} |"
        )
    size = sum(file["size"] for m in presets.values() for file in m["files"].values())
    lines += ["\n".join(rows), f"{len(presets)} presets, {size / 1e6:.1f} MB in all."]
    return "\n\n".join(lines) + "\n"


def _in_short(metadata):
    report = metadata.get("report")
    if report is None:
        accuracy = metadata.get("test_accuracy", metadata.get("published_accuracy"))
        return f"{100 * accuracy:.1f}% of test images right"
    if "quality" in report.get("scores", ()):
        parts = (f"{name} {100 * report['scores'][name]:.1f}%" for name in ("shapes", "trends"))
        return (
            f"quality {100 * report['scores']['quality']:.1f}% ({', '.join(parts)}); real rows "
            f"{100 * report['floor']['quality']:.1f}%"
        )
    if "classification_error" in report["losses"]:
        return f"{100 * report['losses']['classification_error']:.1f}% of test images named wrong"
    if "noisy_real" in report:
        bits = report["losses"].get("bits_per_dim")
        text = "" if bits is None else f"{bits:.2f} bits a dimension, "
        text += f"FID {fid_share(report):.3f} of that of noisy real images"
        recall = next((v for k, v in report["scores"].items() if k.startswith("recall")), None)
        text += f", recall {recall:.2f}" if recall is not None else ""
        accuracy = next((v for k, v in report["scores"].items() if k.startswith("share")), None)
        return text + (f", {100 * accuracy:.0f}% of the wanted class" if accuracy else "")
    if "hole_l1" in report["losses"]:
        return (
            f"L1 in the holes {report['losses']['hole_l1']:.3f}; a biharmonic surface "
            f"{report['biharmonic']['hole_l1']:.3f}"
        )
    if "baseline" in report:
        return f"PSNR {report['losses']['psnr']:.2f} dB; {report['baseline']} {report['copying']['psnr']:.2f}"
    if "l1" in report["losses"]:
        return (
            f"L1 {report['losses']['l1']:.3f}; copying the input {report['copying']['l1']:.3f}, "
            f"the mean picture {report['mean_picture']['l1']:.3f}"
        )
    if "cycle_error_a" in report["losses"]:
        distances = (
            f"{name.partition(':')[0]} {_number(value)} (source {_number(report['copying'][name])})"
            for name, value in report["scores"].items()
            if ": FID" in name
        )
        return (
            f"cycle errors {report['losses']['cycle_error_a']:.3f} and "
            f"{report['losses']['cycle_error_b']:.3f}; FID {', '.join(distances)}"
        )
    if "scores" not in report:
        return ""
    name = next(iter(report["scores"]))
    floor = report.get("floor", {}).get(name)
    text = f"{name} {_number(report['scores'][name])}"
    return text if floor is None else f"{text}; real images {_number(floor)}"


def main():
    """Writes, or compares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if one is stale")
    arguments = parser.parse_args()
    presets = read_presets()
    texts = {ZOO / name / "README.md": write_card(name, m) for name, m in presets.items()}
    texts |= {ZOO / name / METADATA: to_json(m) for name, m in presets.items()}
    texts[ZOO / "README.md"] = write_table(presets)
    stale = [
        path
        for path, text in texts.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in stale:
        print(f"{'stale' if arguments.check else 'wrote'}: {path.relative_to(ZOO)}")
        if not arguments.check:
            with written_aside(path) as aside:
                aside.write_text(texts[path], encoding="utf-8")
    sys.exit(1 if arguments.check and stale else 0)


if __name__ == "__main__":
    main()
