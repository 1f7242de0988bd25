"""How many of the 1,000 modes of stacked digits a GAN makes: trainings of equal CPU time, counted.

    taskset -c 0 python -m tests.benchmarks.stacked_modes --minutes 30 --output runs/stacked

Samples are told apart by `classifier_mnist_10k`, as many as the papers take, and as many training images
beside. `table.md` and `table.json` in the folder have all rows that are done; what is done is not done again,
and a training that was stopped goes on.
"""

import argparse
import json
import pathlib

import numpy as np

from tests.benchmarks.trainings import names_among, reports_in, run_missing

DATASET, CLASSIFIER = "stacked_digits", "classifier_mnist_10k"
# Names, headings, families and options.
ROWS = {
    "gan": ("DCGAN", "gan", {}),
    "r3gan": ("R3GAN", "r3gan", {}),
}
BATCH = 500


def main(given=None):
    """Trains and counts every row that is not done, and writes the table."""
    arguments = _arguments(given)
    folder = pathlib.Path(arguments.output)
    if arguments.row is not None:
        return _run(folder / arguments.row, arguments)
    runs = {row: {"row": row} for row in arguments.rows}
    return run_missing("tests.benchmarks.stacked_modes", folder, runs, _protocol(arguments), _write)


def _arguments(given):
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.stacked_modes", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--minutes", type=float, default=30.0, help="of CPU time, a training")
    parser.add_argument("--output", required=True, help="folder of trainings and tables")
    parser.add_argument(
        "--rows", type=names_among(ROWS), default=list(ROWS), help=f"of {','.join(ROWS)}"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--images", type=int, default=26_000, help="that are counted")
    parser.add_argument("--row", choices=ROWS, help=argparse.SUPPRESS)  # the one to be made here
    return parser.parse_args(given)


def _protocol(arguments):
    """What all trainings of a table have in common."""
    return {name: getattr(arguments, name) for name in ("minutes", "seed", "images")}


def _run(run, arguments):
    """Trains in the folder `run`, or goes on there, and leaves `report.json`."""
    from keras_gen import data
    from keras_gen.app.execution import Execution
    from keras_gen.app.training import train
    from keras_gen.metrics import mode_coverage
    from tests.benchmarks.equal_time import steps_in

    _, family, changed = ROWS[arguments.row]
    resumed = (run / "settings.json").exists()
    options = {}
    if not resumed:
        options = {"dataset": DATASET, "seed": arguments.seed} | changed
        options["steps"] = steps_in(family, options, arguments.minutes)
    print(f"{arguments.row}: {options.get('steps', 'goes on')} steps", flush=True)
    model = train(family, options, Execution(output=str(run), resume=resumed, verbose="none"))
    settings = json.loads((run / "settings.json").read_text())
    real = data.images(DATASET, split="train", batch_size=BATCH, shuffle=False)
    real = np.concatenate(list(real.take(-(-arguments.images // BATCH)).as_numpy_iterator()))
    report = {
        "row": arguments.row,
        "protocol": _protocol(arguments),
        "images_seen": settings["steps"] * settings["batch_size"],
        "samples": mode_coverage(model.generate(arguments.images, seed=0), CLASSIFIER),
        "real": mode_coverage(real[: arguments.images], CLASSIFIER),
    }
    (run / "report.json").write_text(json.dumps(report, indent=2))


def _write(folder):
    """Writes both tables of what is done."""
    reports = reports_in(folder, ROWS)
    (folder / "table.json").write_text(json.dumps(reports, indent=2))
    lines = ["| | images seen | modes of 1,000 | KL, nats |", "|---|---:|---:|---:|"]
    for row, report in reports.items():
        lines.append(_line(ROWS[row][0], f"{report['images_seen']:,}", report["samples"]))
    real = next(iter(reports.values()))["real"]
    lines.append(_line("real images", "", real))
    (folder / "table.md").write_text("\n".join(lines) + "\n")


def _line(heading, seen, found):
    return f"| {heading} | {seen} | {found['modes']} | {found['kl']:.3f} |"


if __name__ == "__main__":
    main()
