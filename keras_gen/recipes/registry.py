"""Which families there are: the package's own, and those of other packages."""

import dataclasses
import importlib
import importlib.metadata

from keras_gen import models
from keras_gen.checks import did_you_mean
from keras_gen.recipes.recipe import Recipe

GROUP = "keras_gen.families"


@dataclasses.dataclass(frozen=True)
class Family:
    """A family by its name; its recipe is imported when it is loaded.

    Args:
        name: String.
        place: String, `"module:class"` of its recipe.
        package: String, name and version of the package that it comes from; None for this one.
        summary: String, that package's own line about itself.
    """

    name: str
    place: str
    package: str | None = None
    summary: str = ""

    def load(self) -> type[Recipe]:
        """The recipe, a subclass of `Recipe`.

        Raises:
            ValueError: If another's package can't be imported, or what it names is no recipe.
        """
        module, _, name = self.place.partition(":")
        try:
            recipe = getattr(importlib.import_module(module), name)
        except Exception as error:
            if self.package is None:
                raise
            reason = " ".join(str(error).split()) or type(error).__name__
            raise ValueError(
                f"{self.name}, of the package {self.package}, can't be loaded: {reason}"
            ) from error
        if not (isinstance(recipe, type) and issubclass(recipe, Recipe)):
            raise ValueError(
                f"{self.name}, of the package {self.package}, must be a class of "
                f"keras_gen.recipes.Recipe. Received: {self.place}"
            )
        recipe.family = self.name
        return recipe

    @property
    def line(self) -> str:
        """A line about it: its title, or what is known of another's package without importing it."""
        if self.package is None:
            return self.load().title
        return f"{self.summary} ({self.package})".strip()


def own_families() -> "dict[str, Family]":
    """Dict from names to `Family`, those of this package, in the order of `models.FAMILIES`."""
    return {
        folder: Family(folder, f"keras_gen.models.{folder}.recipe:{name}Recipe")
        for folder, name in models.FAMILIES.items()
    }


def foreign_families() -> "dict[str, Family]":
    """Dict from names to `Family`, those that installed packages name as entry points.

    A package declares them under the group `keras_gen.families`, each `name = package.module:Recipe`.
    Nothing of the package is imported. The first of two of one name is taken.
    """
    found = {}
    for entry in importlib.metadata.entry_points(group=GROUP):
        package, summary = None, ""
        if entry.dist is not None:
            package = f"{entry.dist.name} {entry.dist.version}"
            summary = entry.dist.metadata.get("Summary") or ""  # type: ignore[attr-defined]
        family = Family(entry.name, entry.value, package or entry.value, summary)
        found.setdefault(entry.name, family)
    return found


def families() -> "dict[str, Family]":
    """Dict from names to `Family`: this package's own, then those of others. Own names come first."""
    own = own_families()
    return own | {name: f for name, f in foreign_families().items() if name not in own}


def find_family(name: str) -> "Family":
    """The family of a name.

    Raises:
        ValueError: If there is none.
    """
    found = own_families().get(name) or families().get(name)
    if found is None:
        raise ValueError(
            f"`model` must be one of {', '.join(families())}.{did_you_mean(name, families())} "
            f"Received: model={name!r}"
        )
    return found
