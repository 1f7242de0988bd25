"""Every example in a public docstring runs and gives what it shows."""

import doctest
import importlib
import pkgutil

import keras
import numpy as np
import pytest

import keras_gen

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(keras_gen.__path__, "keras_gen.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    names = {"keras": keras, "keras_gen": keras_gen, "np": np}
    results = doctest.testmod(module, extraglobs=names, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    examples = sum(
        len(test.examples)
        for name in MODULES
        for test in finder.find(importlib.import_module(name))
    )
    assert examples > 150
