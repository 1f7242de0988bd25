"""Names of a package that are imported when they are first used."""

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def lazily(package: str, names: Mapping[str, str] | str) -> Callable[[str], Any]:
    """Makes the `__getattr__` of a package whose names stand in its submodules.

    Args:
        package: String, the package's `__name__`.
        names: Dict from names to the submodules that define them, or a string: the one submodule in
            which every name is looked for.

    Returns:
        Function for the package's `__getattr__`. What it has found stays in the package.

    Example:

    >>> lazily("json", {"JSONDecoder": "decoder"})("JSONDecoder").__module__
    'json.decoder'
    """

    def find(name):
        module = names if isinstance(names, str) else names.get(name)
        if module is not None and not name.startswith("__") and name != module:
            found = getattr(importlib.import_module(f"{package}.{module}"), name, None)
            if found is not None:
                setattr(sys.modules[package], name, found)
                return found
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return find
