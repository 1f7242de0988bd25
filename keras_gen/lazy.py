"""Heavy libraries, imported when they are first used, so that `import keras_gen` stays quick."""

import importlib
from collections.abc import Callable
from typing import Any


class LazyModule:
    """A stand-in for a module that is imported when one of its attributes is first read.

    Args:
        name: String, the module's full name.
        after_import: Optional function without arguments, called once after the import.
    """

    def __init__(self, name: str, after_import: Callable[[], object] | None = None) -> None:
        self._name = name
        self._after_import = after_import
        self._module: Any = None

    def __getattr__(self, attribute: str) -> Any:
        if self._module is None:
            self._module = importlib.import_module(self._name)
            if self._after_import is not None:
                self._after_import()
        return getattr(self._module, attribute)
