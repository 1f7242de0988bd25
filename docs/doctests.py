"""Shows the examples of docstrings as code: an extension of Griffe, which reads the docstrings."""

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
