"""Extensions of Griffe, which reads the docstrings: examples as code, models where they are imported."""

import ast
import re

import griffe

# A prompt and what follows, up to an empty line.
EXAMPLE = re.compile(r"^>>> .*(?:\n(?!\n).+)*", re.MULTILINE)


class FencedDoctests(griffe.Extension):
    """Puts every doctest of a docstring into a fenced block."""

    def on_object(self, *, obj, **kwargs):
        """Rewrites the docstring of an object that has one."""
        if obj.docstring is not None:
            obj.docstring.value = EXAMPLE.sub(_fence, obj.docstring.value)


def _fence(match):
    return f"\n```pycon\n{match[0]}\n```"


class Families(griffe.Extension):
    """Tells of the names that `keras_gen.models` imports when they are first used."""

    def on_package(self, *, pkg, **kwargs):
        """Gives `keras_gen.models` its classes."""
        models = pkg["models"]
        for folder, name in ast.literal_eval(str(models["FAMILIES"].value)).items():
            models.set_member(name, griffe.Alias(name, f"{models.path}.{folder}.model.{name}"))
