"""Finds the packages, so that a new family needs no line in a list; all else stands in setup.cfg."""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["keras_gen", "keras_gen.*"]), "keras_gen.zoo"])
