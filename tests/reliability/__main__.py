"""What takes too long for the suite: `python -m tests.reliability PART ...`, noted by hand.

A part is a module of this folder with a function `run(arguments)`, which gives the exit code: 0 where
nothing was found wrong. Modules whose names begin with an underscore are their helpers.
"""

import importlib
import pathlib
import sys


def parts():
    """Names of the parts there are."""
    files = pathlib.Path(__file__).parent.glob("[a-z]*.py")
    return sorted(path.stem for path in files)


def main():
    name, *arguments = sys.argv[1:] or ["-h"]
    if name not in parts():
        sys.exit(f"python -m tests.reliability PART ..., PART one of {', '.join(parts())}")
    sys.exit(importlib.import_module(f"tests.reliability.{name}").run(arguments))


if __name__ == "__main__":
    main()
