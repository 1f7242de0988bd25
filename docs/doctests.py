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


class NamesOnFirstUse(griffe.Extension):
    """Tells of the names that a package imports when they are first used, by `lazily`."""

    def on_package(self, *, pkg, **kwargs):
        """Gives every package of this one those names."""
        families = ast.literal_eval(str(pkg["models.FAMILIES"].value))
        for folder, name in families.items():
            _alias(pkg["models"], name, f"{folder}.model")
        for module in pkg.modules.values():
            places = re.fullmatch(
                r"lazily\(__name__, (\{[^{}]*\})\)",
                str(getattr(module.members.get("__getattr__"), "value", "")),
                re.DOTALL,
            )
            if places and " for " not in places[1]:
                for name, place in ast.literal_eval(places[1]).items():
                    _alias(module, name, place)


def _alias(module, name, place):
    module.set_member(name, griffe.Alias(name, f"{module.path}.{place}.{name}"))
