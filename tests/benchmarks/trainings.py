"""Trainings that are compared, each a row of a table: in a process of its own, and none twice."""

import argparse
import json
import os
import subprocess
import sys

from tests.benchmarks import ONE_THREAD

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3"}


def names_among(known):
    """The type of an argument of names with commas between.

    Args:
        known: Names that there are.

    Returns:
        Function from a string to the list of its names.
    """

    def names(text):
        given = text.split(",")
        unknown = [name for name in given if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"there is no row {unknown[0]!r}: {', '.join(known)}")
        return given

    return names


def report_in(run):
    """What was written of a training that is done, or None.

    Args:
        run: `pathlib.Path` of its folder.
    """
    path = run / "report.json"
    return json.loads(path.read_text()) if path.exists() else None


def reports_in(folder, rows):
    """What was written of those rows of a table that are done, a dict.

    Args:
        folder: `pathlib.Path`, which has a folder of each row's training.
        rows: Names of them.
    """
    reports = {row: report_in(folder / row) for row in rows}
    return {row: report for row, report in reports.items() if report is not None}


def run_missing(module, folder, runs, protocol, write):
    """Makes the trainings that a folder does not have, one after the other.

    Args:
        module: String, whose command line makes one of them and leaves its report.
        folder: `pathlib.Path`.
        runs: Dict from their folders in it to what their command lines take beside `output`.
        protocol: Dict of what all have in common, likewise; reports hold it.
        write: Function of the folder, called after each: it writes the tables of what is done.
    """
    for run, options in runs.items():
        report = report_in(folder / run)
        if report is None:
            _run_alone(module, options | {"output": folder} | protocol)
        else:
            _refuse_others(report, protocol)
        write(folder)


def _run_alone(module, options):
    """Runs a module in a process whose memory and caches no other training has touched, with one thread."""
    command = [sys.executable, "-m", module]
    for name, values in options.items():
        for value in values if isinstance(values, list) else [values]:
            command += [f"--{name}", str(value)]
    subprocess.run(command, check=True, env=os.environ | ONE_THREAD | QUIET)


def _refuse_others(report, protocol):
    for name, value in protocol.items():
        if report["protocol"][name] != value:
            sys.exit(
                f"--output holds trainings with --{name} {report['protocol'][name]}: choose another folder. "
                f"Received: --{name} {value}"
            )


def first_named(scores, begins):
    """The first score whose name begins so, or None."""
    return next((value for name, value in scores.items() if name.startswith(begins)), None)
