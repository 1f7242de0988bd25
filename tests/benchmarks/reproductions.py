"""The package's autoencoders beside each other: trainings of equal CPU time on the same digits, scored.

    taskset -c 0 python -m tests.benchmarks.reproductions --minutes 20 --output runs/reproductions
    taskset -c 0 python -m tests.benchmarks.reproductions --minutes 5 --rows vae,vamp --output runs/two

All have 16 latents, 32 filters and batches of 128, where the family has such, and else the family's defaults
but for what a row changes. A row's steps are timed first, by CPU time, so that an objective that makes a step
dearer has fewer of them. Families that take `--binarize` are trained on pictures drawn black and white anew in
each pass, and their bound, log-likelihood and reconstruction error are of test pictures drawn once; the others
are trained on grey pictures, and their reconstruction error is of these. FID is of samples and grey test
pictures for all, and `FID / floor` its share of the FID of the train split's own pictures.

`table.md` and `table.json` in the folder have all rows that are done; what is done is not done again, and a
training that was stopped goes on.
"""

import argparse
import json
import pathlib

from tests.benchmarks.trainings import first_named, names_among, reports_in, run_missing

BINARY = {"binarize": "dynamic"}
# Names, headings, families and options.
ROWS = {
    "vae": ("VAE", "vae", BINARY),
    "beta_vae": ("beta-VAE", "vae", BINARY | {"beta": 4.0}),
    "iwae": ("IWAE", "vae", BINARY | {"objective": "iwae", "importance_samples": 5}),
    "free_bits": ("VAE with free bits", "vae", BINARY | {"free_bits": 0.25}),
    "beta_tc": ("beta-TC-VAE", "vae", BINARY | {"objective": "beta_tc", "beta": 4.0}),
    "info_vae": ("InfoVAE (MMD)", "vae", BINARY | {"objective": "mmd", "beta": 0.1}),
    "vamp": ("VampPrior", "vae", BINARY | {"pseudo_inputs": 100}),
    "vamp_iwae": (
        "VampPrior, IWAE",
        "vae",
        BINARY | {"pseudo_inputs": 100, "objective": "iwae", "importance_samples": 5},
    ),
    "cvae": ("CVAE, given the class", "cvae", BINARY),
    "semi_supervised_vae": ("SemiSupervisedVAE, 100 labels", "semi_supervised_vae", {}),
    "vq_vae": ("VQ-VAE, a PixelCNN over its codes", "vq_vae", {}),
    "vae_gan": ("VAE-GAN", "vae_gan", {}),
}
# Figures of others, in nats, which are of other data and other networks: for the order, not to be compared.
# Of each the model cards of pythae, huggingface.co/clementchadebec/reproduced_<name>, with those of the papers.
PUBLISHED = {
    "vae": ("VAE, binary MNIST, 200 samples", "reproduced_vae", -89.78, -89.9),
    "iwae": ("IWAE of 5, binary MNIST, 5000 samples", "reproduced_iwae", -87.85, -87.6),
    "vamp": ("VampPrior of 500, binary MNIST, 5000 samples", "reproduced_vamp", -85.79, -85.57),
}
COLUMNS = ("images", "steps", "bound", "log-likelihood", "error", "active", "FID", "FID / floor")


def main(given=None):
    """Trains and scores every row that is not done, and writes the table."""
    arguments = _arguments(given)
    folder = pathlib.Path(arguments.output)
    if arguments.row is not None:
        return _run(folder, arguments)
    runs = {row: {"row": row} for row in arguments.rows}
    return run_missing("tests.benchmarks.reproductions", folder, runs, _protocol(arguments), _write)


def _arguments(given):
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.reproductions", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--minutes", type=float, default=20.0, help="of CPU time, a training")
    parser.add_argument("--output", required=True, help="folder of trainings and tables")
    parser.add_argument(
        "--rows",
        type=names_among(ROWS),
        default=list(ROWS),
        help=f"of {','.join(ROWS)}; all, if not said",
    )
    parser.add_argument("--dataset", default="mnist_10k", help="with labels and a test split")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--samples", type=int, default=500, help="of the log-likelihood, a picture")
    parser.add_argument("--images", type=int, default=1000, help="test pictures, at most")
    parser.add_argument(
        "--option", action="append", default=[], help="of all recipes that have it: base_filters=8"
    )
    parser.add_argument("--row", choices=ROWS, help=argparse.SUPPRESS)  # the one to be made here
    return parser.parse_args(given)


def _protocol(arguments):
    """What all rows of a table have in common."""
    names = ("minutes", "dataset", "seed", "samples", "images", "option")
    return {name: getattr(arguments, name) for name in names}


def _run(folder, arguments):
    """Trains a row in its folder, or goes on there, and leaves `report.json`."""
    from keras_gen.app.execution import Execution
    from keras_gen.app.training import train
    from tests.benchmarks.equal_time import steps_in

    row, run = arguments.row, folder / arguments.row
    _, family, changed = ROWS[row]
    resumed = (run / "settings.json").exists()
    options = {}
    if not resumed:
        common = {"dataset": arguments.dataset, "seed": arguments.seed}
        options = common | _given(family, arguments.option) | changed
        options["steps"] = steps_in(family, options, arguments.minutes)
    print(f"{row}: {options.get('steps', 'goes on')} steps", flush=True)
    model = train(family, options, Execution(output=str(run), resume=resumed, verbose="none"))
    settings = json.loads((run / "settings.json").read_text())
    report = {"row": row, "protocol": _protocol(arguments), "steps": settings["steps"]}
    report["images"] = "black and white" if settings.get("binarize") else "grey"
    report |= _scores(model, arguments, settings.get("binarize"))
    (run / "report.json").write_text(json.dumps(report, indent=2))


def _given(family, given):
    """Those of the options for all rows that a family has; its 16 latents and 32 filters beside them."""
    from keras_gen.recipes import find_family

    kinds = {option.name: option.kind for option in find_family(family).load().options()}
    common = {"latent_dim": 16, "base_filters": 32, "batch_size": 128}
    common |= dict(option.split("=") for option in given)
    return {name: kinds[name](value) for name, value in common.items() if name in kinds}


def _scores(model, arguments, binarize):
    """The numbers of a row, from evaluations on pictures as it was trained on, and on grey ones."""
    from keras_gen import evaluation

    grey = evaluation.evaluate(model, arguments.dataset, n=arguments.images)
    own = grey
    if binarize:
        likelihood = {"log_likelihood": arguments.samples, "binarize": "static"}
        own = evaluation.evaluate(model, arguments.dataset, n=arguments.images, **likelihood)
    found = {"FID": first_named(grey["scores"], "FID"), "extractor": grey.get("extractor")}
    floor = first_named(grey.get("floor") or {}, "FID")
    if floor is not None:
        found["FID / floor"] = found["FID"] / floor
    for column, name in {
        "bound": "elbo",
        "log-likelihood": "log_likelihood",
        "error": "reconstruction_error",
        "active": "active_units",
    }.items():
        # A bound on grey pictures is none on a likelihood.
        if binarize or column in ("error", "active"):
            found[column] = first_named(own["losses"], name)
    return {name: value for name, value in found.items() if value is not None}


def _write(folder):
    """Writes both tables of what is done."""
    reports = reports_in(folder, ROWS)
    found = {"rows": reports, "published": {r: PUBLISHED[r] for r in reports if r in PUBLISHED}}
    (folder / "table.json").write_text(json.dumps(found, indent=2))
    lines = [f"| | {' | '.join(COLUMNS)} |", f"|---|---|{'---:|' * (len(COLUMNS) - 1)}"]
    for row, report in reports.items():
        heading, family, changed = ROWS[row]
        options = " ".join(f"--{n.replace('_', '-')} {v}" for n, v in changed.items())
        cells = [_cell(report.get(column)) for column in COLUMNS]
        lines.append(
            f"| {heading}: `{' '.join([family, options]).strip()}` | {' | '.join(cells)} |"
        )
    (folder / "table.md").write_text("\n".join([*lines, "", *_published(reports)]) + "\n")


def _cell(value):
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _published(reports):
    """What others report of the same objectives, and why it is not beside ours."""
    rows = [PUBLISHED[row] for row in reports if row in PUBLISHED]
    if not rows:
        return []
    return [
        "Log-likelihoods that others report. They are of all of MNIST's digits, of other networks and of long "
        "trainings: their order can be looked at, but they are not comparable with those above.",
        "",
        "| | pythae | the paper | source |",
        "|---|---:|---:|---|",
        *(
            f"| {heading} | {found} | {paper} | [{card}](https://huggingface.co/clementchadebec/{card}) |"
            for heading, card, found, paper in rows
        ),
    ]


if __name__ == "__main__":
    main()
