"""Errors in the words of the command line: options, not Python's arguments."""

import ast
import contextlib
import csv
import functools
import inspect
import io
import re
import shlex
import typing
import warnings

# What the package's own functions call what the command line calls otherwise.
_ALIASES = {
    "source": "dataset",
    "a": "input",
    "b": "target",
    "jit_compile": "jit",
    "feature_extractor": "features",
}


def in_options(message, flags):
    """Names the options in a message where it names arguments.

    Args:
        message: String.
        flags: Dict from names of arguments to options as they are typed.

    Returns:
        String.

    Example:

    >>> in_options("`n_critic` must be 1 or more. Received: n_critic=0", {"n_critic": "--n-critic"})
    '`--n-critic` must be 1 or more. Received: --n-critic 0'
    >>> in_options("Leave it out by `kinds={'no of row': 'identifier'}`.", {"kinds": "--kinds"})
    "Leave it out by `--kinds 'no of row=identifier'`."
    """
    flags = {a: flags[o] for a, o in _ALIASES.items() if o in flags and a not in flags} | flags

    def option(match):
        argument, received = match["argument"], match["received"]
        if (argument or received) not in flags:
            return match[0]
        if received:
            return _typed(flags[received], match["value"])
        if match["said"] is None:
            return f"`{flags[argument]}`"
        return f"`{_typed(flags[argument], match['said'])}`"

    # At once: what an option is to be typed as may hold a column that is called as another option is.
    values = r"(?P<value>'[^']*'|\"[^\"]*\"|[\w.+-]+)"
    return re.sub(
        r"`(?P<argument>\w+)(?:=(?P<said>[^`]+))?`|"
        rf"(?<![\w`.])(?P<received>\w+)={values}",
        option,
        message,
    )


def _typed(flag, value):
    if value in ("None", "False"):
        return f"no {flag}"
    if value.startswith("{"):
        pairs = ast.literal_eval(value)
        typed = io.StringIO()
        csv.writer(typed, lineterminator="").writerow(f"{n}={each}" for n, each in pairs.items())
        return f"{flag} {shlex.quote(typed.getvalue())}"
    return flag if value == "True" else f"{flag} {value.strip(chr(39) + chr(34))}"


def plain_warnings():
    """Context in which warnings are printed as sentences, without the place in the code."""
    return _formatted(lambda message, *place, **line: f"Note: {message}\n")


@contextlib.contextmanager
def _formatted(format):
    """Context in which a function gives the text of warnings."""
    before = warnings.formatwarning
    warnings.formatwarning = format
    try:
        yield
    finally:
        warnings.formatwarning = before


def speaks_of_options(command):
    """Decorates a command: its errors and warnings call arguments as `--help` does.

    Errors of the system, which have a number, stay as they are.

    Args:
        command: Function whose parameters are annotated with `typer.Option` or `typer.Argument`.
    """
    flags = {}
    for name, parameter in inspect.signature(command).parameters.items():
        for about in typing.get_args(parameter.annotation)[1:]:
            if type(about).__name__ == "OptionInfo":
                names = [about.default, *(about.param_decls or ())]
                typed = [n for n in names if isinstance(n, str) and n.startswith("-")]
                flags[name] = typed[0] if typed else "--" + name.replace("_", "-")
            elif type(about).__name__ == "ArgumentInfo" and about.metavar:
                flags[name] = about.metavar

    @functools.wraps(command)
    def run(*arguments, **options):
        before = warnings.formatwarning
        with _formatted(
            lambda message, *place, **line: before(in_options(str(message), flags), *place, **line)
        ):
            try:
                return command(*arguments, **options)
            except (ValueError, FileNotFoundError, ImportError) as error:
                if getattr(error, "errno", None) is not None:
                    raise
                kind = next(
                    k for k in (ValueError, FileNotFoundError, ImportError) if isinstance(error, k)
                )
                raise kind(in_options(str(error), flags)) from error

    return run
