"""Presets beside each other: how near samples are, after how long a training, and how long one takes.

    taskset -c 0 python -m tests.benchmarks.sampling gan_fashion_mnist r3gan_fashion_mnist \\
        diffusion_fashion_mnist:steps=5 diffusion_fashion_mnist:steps=20,solver=euler

A model is the name of a preset of one data set and, after a colon, options of its `generate`. FID is that of
`-n` samples, seed 0, and of as many test pictures, by the data's own classifier; its share is of the FID of
noisy real pictures on the preset's card. Samples are made in batches of 100, of which the first, which
compiles, is not timed; the time is CPU time. The training's minutes, and the processor, are those of the card.
The table is written as Markdown.
"""

import argparse
import time

from tests.benchmarks.trainings import first_named

BATCH = 100
HEADINGS = (
    "samples of",
    "network runs",
    "minutes of training",
    "FID",
    "of noisy real",
    "ms a sample",
)


def main(given=None):
    """Prints the table, each row when it is measured."""
    arguments = _arguments(given)
    rows = [parsed(each) for each in arguments.models]
    print(f"| {' | '.join(HEADINGS)} |\n|---|{'---:|' * (len(HEADINGS) - 1)}", flush=True)
    reference = None
    for name, options in rows:
        cells, reference = _measured(name, options, arguments.n, reference)
        print(f"| {' | '.join(cells)} |", flush=True)


def _arguments(given):
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.sampling", description=__doc__.split("\n")[0]
    )
    parser.add_argument("models", nargs="+", metavar="PRESET[:option=value,...]")
    parser.add_argument("-n", type=int, default=10_000, help="samples, and real pictures")
    return parser.parse_args(given)


def parsed(text):
    """The name of a preset and a dict of options of `generate`.

    >>> parsed("diffusion_fashion_mnist:steps=5,solver=euler,guidance=1.5")
    ('diffusion_fashion_mnist', {'steps': 5, 'solver': 'euler', 'guidance': 1.5})
    """
    from keras_gen.tasks.generating import number_or_word

    name, _, options = text.partition(":")
    pairs = [option.partition("=") for option in options.split(",") if option]
    return name, {key: number_or_word(value) for key, _, value in pairs}


def network_runs(model, options):
    """How often a diffusion's network runs for a sample; None of other models."""
    if not hasattr(model, "sampler_of"):
        return None
    sampler = model.sampler_of(**options)
    steps = int(sampler.steps)
    runs = 2 * steps - 1 if sampler.solver == "heun" else steps
    return runs if options.get("guidance", 1.0) == 1.0 else 2 * runs


def _measured(name, options, n, reference):
    """A row's cells, and what real pictures are compared by."""
    import numpy as np

    from keras_gen import data, from_preset, metrics
    from keras_gen.data.subsets import evenly_spaced
    from keras_gen.presets import find_preset, read_metadata

    facts = read_metadata(find_preset(name))
    report, training = facts["report"], facts["training"]
    model = from_preset(name)
    if reference is None:
        opened = data.open_images(report["dataset"], split=report["split"])
        reference = metrics.FrechetDistance(model.gives.default_features(opened.name))
        one_by_one = opened.batches(batch_size=1, shuffle=False)
        for batch in evenly_spaced(one_by_one, n, BATCH)[0].as_numpy_iterator():
            reference.update_real(batch)
    reference.reset_generated()
    samples = lambda count, seed: model.generate(count, seed=seed, batch_size=BATCH, **options)  # noqa: E731
    samples(BATCH, 1)
    begun = time.process_time()
    made = samples(n, 0)
    taken = time.process_time() - begun
    for part in np.array_split(made, -(-n // BATCH)):
        reference.update_generated(part)
    fid = float(reference.result())
    noisy = first_named(report.get("noisy_real", {}).get("scores", {}), "FID")
    runs = network_runs(model, options)
    said = " ".join([f"`{name}`", *(f"{key} {value}" for key, value in options.items())])
    cells = [
        said,
        "" if runs is None else str(runs),
        f"{training['seconds'] / 60:.0f} ({training['machine'].split('(')[-1].split(')')[0]})",
        f"{fid:.2f}",
        "" if noisy is None else f"{fid / noisy:.3f}",
        f"{1000 * taken / n:.3g}",
    ]
    return cells, reference


if __name__ == "__main__":
    main()
