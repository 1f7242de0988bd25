"""The families by their tests' folders: the one place where tests and benchmarks learn what models there are.

`CASES` holds the `Case` of every family in `keras_gen.models.FAMILIES`, of `tests/models/<family>/case.py`.

    KERAS_GEN_CASES=package.module,another.module python -m pytest tests/conformance.py

adds those of other packages: modules with a `CASE`. A family is called like its module, or like the
package that it is in where that module is called `case`.
"""

import importlib
import os
import pathlib

from keras_gen.models import FAMILIES

FOLDER = pathlib.Path(__file__).parent / "models"


def folder_of(family):
    """Where a family of this package has its tests."""
    return FOLDER / family


def missing(file):
    """Names of the package's families that have no such file in their tests' folders."""
    return [family for family in FAMILIES if not (folder_of(family) / file).exists()]


def modules(name):
    """Dict from families of this package that have a module of that name beside their tests, to it."""
    absent = missing(f"{name}.py")
    return {
        family: importlib.import_module(f"tests.models.{family}.{name}")
        for family in FAMILIES
        if family not in absent
    }


def foreign_cases(places):
    """Dict from names to the cases of other packages.

    Args:
        places: String, modules with a `CASE` each, divided by commas.

    Raises:
        ValueError: If a module has no `CASE`, or a name is taken.
    """
    found = {}
    for place in filter(None, map(str.strip, places.split(","))):
        module = importlib.import_module(place)
        if not hasattr(module, "CASE"):
            raise ValueError(f"KERAS_GEN_CASES must be modules with a `CASE`. Received: {place}")
        *_, package, last = ["", *place.split(".")]
        name = package if last == "case" and package else last
        if name in FAMILIES or name in found:
            raise ValueError(
                f"There is a family {name} already. Received: KERAS_GEN_CASES={places}"
            )
        found[name] = module.CASE
    return found


OWN_CASES = {family: module.CASE for family, module in modules("case").items()}
CASES = OWN_CASES | foreign_cases(os.environ.get("KERAS_GEN_CASES", ""))


def families_that(holds):
    """Names of the families whose case is so: `families_that(lambda case: case.generates)`."""
    return [family for family, case in CASES.items() if holds(case)]
