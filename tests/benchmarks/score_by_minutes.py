"""What so many minutes of CPU time give: adversarial losses and families, each trained for so long, scored.

    taskset -c 0 python -m tests.benchmarks.score_by_minutes --output runs/minutes
    taskset -c 0 python -m tests.benchmarks.score_by_minutes --output runs/minutes --minutes 12 --rows hinge

Every number of minutes is a training of its own, whose rates end where the recipe ends them: not one long
training on its way. Its steps are timed first, by CPU time. A score is the FID of samples and test images, and
beside it stands that of the train split's own images.

`table.md`, `table.json` and `plot.png` in the folder have all that is done; what is done is not done again, and
a training that was stopped goes on.
"""

import argparse
import json
import pathlib

from tests.benchmarks.trainings import first_named, names_among, run_missing

MINUTES = (1, 5, 12, 30, 60)
# Names, headings, families and options. The first six are DCGAN's networks.
ROWS = {
    "non_saturating": ("non-saturating", "gan", {}),
    "minimax": ("minimax", "gan", {"loss": "minimax"}),
    "least_squares": ("least squares", "gan", {"loss": "least_squares"}),
    "hinge": ("hinge", "gan", {"loss": "hinge"}),
    "relativistic": ("relativistic", "gan", {"loss": "relativistic"}),
    "wasserstein": ("Wasserstein, gradient penalty", "wgan_gp", {}),
    "r3gan": ("R3GAN", "r3gan", {}),
    "vae_gan": ("VAE-GAN", "vae_gan", {}),
    "vae": ("VAE", "vae", {}),
    "diffusion": ("diffusion, 20 steps a sample", "diffusion", {"labelled": False}),
}


def main(given=None):
    """Trains and scores what is not done, and writes table and plot."""
    arguments = _arguments(given)
    folder = pathlib.Path(arguments.output)
    if arguments.one:
        (row,), (minutes,) = arguments.rows, arguments.minutes
        return _run(folder / row / f"{minutes:g}", row, minutes, arguments)
    runs = {
        f"{row}/{minutes:g}": {"one": 1, "rows": row, "minutes": minutes}
        for minutes in sorted(arguments.minutes)  # the short ones of all rows come first
        for row in arguments.rows
    }
    return run_missing(
        "tests.benchmarks.score_by_minutes", folder, runs, _protocol(arguments), _write
    )


def _arguments(given):
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.score_by_minutes", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "--minutes",
        type=lambda text: [float(number) for number in text.split(",")],
        default=list(MINUTES),
        help=f"of CPU time, with commas between; {','.join(map(str, MINUTES))}, if not said",
    )
    parser.add_argument("--output", required=True, help="folder of trainings, table and plot")
    parser.add_argument(
        "--rows", type=names_among(ROWS), default=list(ROWS), help=f"of {','.join(ROWS)}"
    )
    parser.add_argument("--dataset", default="fashion_mnist", help="with a test split")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--images", type=int, default=10_000, help="that are scored, at most")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)  # the one is to be made here
    return parser.parse_args(given)


def _protocol(arguments):
    """What all trainings of a table have in common."""
    return {name: getattr(arguments, name) for name in ("dataset", "seed", "images")}


def _run(run, row, minutes, arguments):
    """Trains in the folder `run`, or goes on there, and leaves `report.json`."""
    from keras_gen import evaluation
    from keras_gen.app.execution import Execution
    from keras_gen.app.training import train
    from tests.benchmarks.equal_time import steps_in

    _, family, changed = ROWS[row]
    resumed = (run / "settings.json").exists()
    options = {}
    if not resumed:
        options = {"dataset": arguments.dataset, "seed": arguments.seed} | changed
        options["steps"] = steps_in(family, options, minutes)
    print(f"{row}, {minutes:g} minutes: {options.get('steps', 'goes on')} steps", flush=True)
    model = train(family, options, Execution(output=str(run), resume=resumed, verbose="none"))
    settings = json.loads((run / "settings.json").read_text())
    found = evaluation.evaluate(model, arguments.dataset, n=arguments.images)
    scores, floor = found["scores"], found.get("floor") or {}
    report = {
        "row": row,
        "minutes": minutes,
        "protocol": _protocol(arguments),
        "images_seen": settings["steps"] * settings["batch_size"],
        "FID": first_named(scores, "FID"),
        "recall": first_named(scores, "recall"),
        "floor": first_named(floor, "FID"),
        "extractor": found["extractor"],
    }
    (run / "report.json").write_text(json.dumps(report, indent=2))


def _write(folder):
    """Writes table and plot of what is done."""
    found = {}
    for row in ROWS:
        reports = [json.loads(path.read_text()) for path in folder.glob(f"{row}/*/report.json")]
        if reports:
            found[row] = {r["minutes"]: r for r in sorted(reports, key=lambda r: r["minutes"])}
    (folder / "table.json").write_text(json.dumps(found, indent=2))
    columns = sorted({minutes for reports in found.values() for minutes in reports})
    lines = [
        f"| | {' | '.join(f'{minutes:g} min' for minutes in columns)} |",
        f"|---|{'---:|' * len(columns)}",
    ]
    for row, reports in found.items():
        cells = [f"{reports[m]['FID']:.3g}" if m in reports else "" for m in columns]
        lines.append(f"| {ROWS[row][0]} | {' | '.join(cells)} |")
    report = next(iter(next(iter(found.values())).values()))
    floor = f"{report['floor']:.3g}"
    lines.append(f"| real images | {' | '.join([floor] * len(columns))} |")
    (folder / "table.md").write_text("\n".join(lines) + "\n")
    _plot(found, columns, folder / "plot.png")


def _plot(found, columns, path):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    for number, (row, reports) in enumerate(found.items()):
        scores = [report["FID"] for report in reports.values()]
        dashes = "-" if ROWS[row][1] == "gan" else "--"
        axes.plot(list(reports), scores, dashes, color=f"C{number}", marker="o", label=ROWS[row][0])
    axes.set(xscale="log", yscale="log", xlabel="minutes of one CPU core", ylabel="FID")
    axes.set_xticks(columns, [f"{minutes:g}" for minutes in columns])
    axes.set_xticks([], minor=True)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("{x:g}")  # a few scores may lie between two powers of ten
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper", fontsize="small")
    figure.savefig(path)


if __name__ == "__main__":
    main()
