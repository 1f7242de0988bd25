"""Times everything and prints a table of ratios: `python -m tests.benchmarks`.

    python -m tests.benchmarks --only steps --only shared
    python -m tests.benchmarks --only steps --model gan --size 28
    python -m tests.benchmarks --json report.json

It takes about half an hour on two quiet cores. Where other processes take turns on the cores,
`--threads 1` is for it: it compares on one thread, by CPU time, which they don't disturb. By wall time
PyTorch would then come off worst, since its threads wait for one another.

What is compared runs in turns (A B C, C B A, ...) within one process, and a ratio is the median of the
ratios of the turns: other processes then disturb all contestants alike. pytest-benchmark times one
contestant after the other, so that minutes lie between those that are compared; hence this loop.
"""

import argparse
import json
import os
import platform
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main():
    arguments = _arguments()
    if os.environ.setdefault("KERAS_BACKEND", "tensorflow") != "tensorflow":
        sys.exit("The benchmarks compare on TensorFlow: leave KERAS_BACKEND out.")
    if arguments.threads:
        os.environ |= {
            "TF_NUM_INTRAOP_THREADS": str(arguments.threads),
            "TF_NUM_INTEROP_THREADS": str(arguments.threads),
            "OMP_NUM_THREADS": str(arguments.threads),
        }

    import keras
    import rich.console
    import tensorflow as tf
    import torch

    from tests.benchmarks.parts import MODELS, PARTS, SIZES

    for option, known in (("only", PARTS), ("model", MODELS), ("size", SIZES)):
        unknown = [str(given) for given in getattr(arguments, option) if given not in known]
        if unknown:
            known = ", ".join(map(str, known))
            sys.exit(f"--{option} takes {known}. Received: {', '.join(unknown)}")
    console = rich.console.Console()
    versions = {
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "threads": arguments.threads or os.cpu_count(),
    }
    console.print(", ".join(f"{name} {version}" for name, version in versions.items()))
    report = {"versions": versions, "parts": {}}
    start = time.perf_counter()
    for name in arguments.only or PARTS:
        rows = _run(console, name, PARTS[name], arguments.model or MODELS, arguments.size or SIZES)
        report["parts"][name] = [
            {"name": r.name, **r.figures, "ratio": r.ratio, "bound": r.bound, "met": r.met}
            for r in rows
        ]
    console.print(f"{(time.perf_counter() - start) / 60:.1f} minutes")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(report, file, indent=2)


def _arguments():
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--only", action="append", default=[], help="A part; may be repeated.")
    parser.add_argument(
        "--model", action="append", default=[], help="A family; may be repeated. Default: all."
    )
    parser.add_argument(
        "--size",
        action="append",
        default=[],
        type=int,
        help="Of images, where a part is of several; may be repeated.",
    )
    parser.add_argument("--json", help="A file to write the report to.")
    parser.add_argument(
        "--threads",
        type=int,
        help="Threads of either framework, all cores by default; by CPU time where it is 1.",
    )
    return parser.parse_args()


def _run(console, name, part, models, sizes):
    import rich.table

    rows = []
    with console.status(name) as status:
        for row in part(models, sizes):
            rows.append(row)
            status.update(f"{name}: {row.name} {row.ratio:.2f}")
    columns = list(dict.fromkeys(column for row in rows for column in row.figures))
    table = rich.table.Table(title=f"{name}: {part.__doc__.splitlines()[0]}", title_justify="left")
    table.add_column("")
    for column in [*columns, "ratio", "bound"]:
        table.add_column(column, justify="right")
    for row in rows:
        colour = {True: "green", False: "red", None: "default"}[row.met]
        table.add_row(
            row.name,
            *(row.figures.get(column, "") for column in columns),
            f"[{colour}]{row.ratio:.2f}[/{colour}]",
            row.bound or "",
        )
    console.print(table)
    return rows


if __name__ == "__main__":
    main()
