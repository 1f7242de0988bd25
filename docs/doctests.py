"""Extensions of Griffe, which reads the docstrings: examples as code, models where they are, other words."""

import ast
import pathlib
import re
import runpy

import griffe

WORDS = runpy.run_path(str(pathlib.Path(__file__).with_name("words.py")))["WORDS"]

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


class OtherWords(griffe.Extension):
    """Says on a name's page which words of the field it is looked for by, so that the search finds it."""

    def on_package(self, *, pkg, **kwargs):
        """Writes them below the first paragraph of the docstring."""
        found = {}
        for words, (_, page) in WORDS.items():
            place = re.fullmatch(r"reference/(\w+)/(\w+)\.md", page)
            if place and place[1] != "command_line":
                found.setdefault(f"{place[1]}.{place[2]}", []).append(words)
        for path, words in found.items():
            target = pkg[path]
            if target.is_module:
                target = target[path.partition(".")[2]]
            docstring = (target.final_target if target.is_alias else target).docstring
            first, _, rest = docstring.value.partition("\n\n")
            docstring.value = f"{first}\n\nAlso looked for as: {', '.join(words)}.\n\n{rest}"


def _alias(module, name, place):
    module.set_member(name, griffe.Alias(name, f"{module.path}.{place}.{name}"))
