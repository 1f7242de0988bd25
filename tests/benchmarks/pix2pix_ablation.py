"""What each option of `keras-gen train pix2pix` is worth: trainings of equal CPU time that differ in one.

    taskset -c 0 python -m tests.benchmarks.pix2pix_ablation --minutes 4 --output runs/ablation
    taskset -c 0 python -m tests.benchmarks.pix2pix_ablation --minutes 4 --output runs/ablation --seeds 3

Flat emoji to shaded ones, 64 x 64, one thread. A row's steps are timed first, by CPU time, so that an option
that makes a step dearer has fewer of them. Each training is scored on the test split as `keras-gen evaluate`
does. `table.md` and `table.json` in the folder have all rows that are done; what is done is not done again,
and a training that was stopped goes on.
"""

import argparse
import json
import pathlib
import statistics

from tests.benchmarks.trainings import run_missing

PAIRS = {"dataset": "fluent_emoji", "input": "flat", "target": "3d"}
BASE = PAIRS | {
    "batch_size": 8,
    "ema_decay": 0.998,
    "upsampling": "nearest",
    "augment": "none",
    "r1_weight": 0.0,
}
MATCHING = {"feature_matching_weight": 10.0}
ROWS = {
    "base": {},
    "transposed": {"upsampling": "transposed"},
    "no_average": {"ema_decay": 0.0},
    "spectral": {"discriminator_normalization": "spectral"},
    "r1": {"r1_weight": 1.0},
    "hinge": {"loss": "hinge"},
    "least_squares": {"loss": "least_squares"},
    "perceptual": {"perceptual_weight": 0.3},
    "feature_matching": MATCHING,
    "two_scales": {"scales": 2},
    "two_scales_feature_matching": {"scales": 2} | MATCHING,
    "diff_augment": {"diff_augment": "color,translation"},
    "flip": {"augment": "flip"},
}
# Headings, and how the report's names of the scores begin.
SCORES = {
    "l1": "l1",
    "psnr": "psnr",
    "ssim": "ssim",
    "perceptual": "perceptual distance",
    "FID": "FID",
    "KID": "KID",
}


def main():
    """Trains and scores every row that is not done, and writes the table."""
    arguments = _arguments()
    folder = pathlib.Path(arguments.output)
    rows = arguments.row or list(ROWS)
    if arguments.seed is not None:
        (row,) = rows
        return _run(folder / row / f"seed_{arguments.seed}", row, arguments.seed, arguments.minutes)
    runs = {
        f"{row}/seed_{seed}": {"row": row, "seed": seed}
        for seed in range(arguments.seeds)
        for row in rows
    }
    protocol = {"minutes": arguments.minutes}
    return run_missing("tests.benchmarks.pix2pix_ablation", folder, runs, protocol, _write)


def _arguments():
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.pix2pix_ablation", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--minutes", type=float, default=4.0, help="of CPU time, a training")
    parser.add_argument("--output", required=True, help="folder of trainings and tables")
    parser.add_argument("--row", action="append", choices=ROWS, help="all, if not said")
    parser.add_argument("--seeds", type=int, default=1, help="how many trainings a row")
    parser.add_argument("--seed", type=int, help=argparse.SUPPRESS)  # of the one to be made here
    return parser.parse_args()


def _run(run, row, seed, minutes):
    """Trains in the folder `run`, or goes on there, and leaves `report.json`."""
    from keras_gen import evaluation
    from keras_gen.app.execution import Execution
    from keras_gen.app.training import train
    from tests.benchmarks.equal_time import steps_in

    resumed = (run / "settings.json").exists()
    options = {} if resumed else BASE | ROWS[row] | {"seed": seed}
    if not resumed:
        options["steps"] = steps_in("pix2pix", options, minutes)
    print(f"{row}, seed {seed}: {options.get('steps', 'goes on')} steps", flush=True)
    model = train("pix2pix", options, Execution(output=str(run), resume=resumed, verbose="none"))
    steps = json.loads((run / "settings.json").read_text())["steps"]
    report = {"row": row, "seed": seed, "protocol": {"minutes": minutes}, "steps": steps}
    report |= evaluation.evaluate(model, **PAIRS)
    (run / "report.json").write_text(json.dumps(report, indent=2))


def _write(folder):
    """Writes both tables of what is done."""
    found = {
        row: [json.loads(path.read_text()) for path in sorted(folder.glob(f"{row}/*/report.json"))]
        for row in ROWS
    }
    found = {row: reports for row, reports in found.items() if reports}
    (folder / "table.json").write_text(json.dumps(found, indent=2))
    columns = ("steps", *SCORES)
    lines = [f"| | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}"]
    for row, reports in found.items():
        changed = ", ".join(f"`--{n.replace('_', '-')} {v}`" for n, v in ROWS[row].items())
        named = [{"steps": r["steps"]} | _named(r["losses"] | r["scores"]) for r in reports]
        lines.append(_line(changed or "base", named, columns))
    for name in ("copying", "floor"):
        (first, *_) = next(iter(found.values()))
        if name in first:
            lines.append(_line(name, [_named(first[name])], columns))
    (folder / "table.md").write_text("\n".join(lines) + "\n")


def _named(scores):
    """The scores by the table's headings."""
    return {
        heading: value
        for heading, begins in SCORES.items()
        for name, value in scores.items()
        if name.startswith(begins)
    }


def _line(name, scores, columns):
    """A line of the table: means over seeds, and where there are several what they deviate by."""
    cells = []
    for column in columns:
        values = [each[column] for each in scores if column in each]
        cell = f"{statistics.fmean(values):.4g}" if values else ""
        if len(values) > 1 and column != "steps":
            cell += f" ± {statistics.stdev(values):.2g}"
        cells.append(cell)
    return f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
