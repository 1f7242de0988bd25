"""Recipes of models that learn from tables."""

import csv
from typing import TYPE_CHECKING, Any

from keras_gen.recipes.options import REQUIRED, option
from keras_gen.recipes.recipe import Recipe

if TYPE_CHECKING:
    from keras_gen.data.mixed_tables import OpenedMixedTable
    from keras_gen.data.tables import OpenedTable
    from keras_gen.types import Config, Dataset, OpenedData


class TableRecipe(Recipe):
    """Rows of numeric columns, and dense networks."""

    default_epochs = 100
    least_steps = 5_000
    least_batches = 8

    batch_size = 256
    dataset: str = option(
        REQUIRED, "A CSV file with numeric columns, or a folder with train.csv and test.csv."
    )
    columns: str | None = option(
        None,
        "The columns to learn, divided by commas, in the order wanted. A name with a comma stands in double "
        "quotes.",
        shown="all of them",
    )
    separator: str | None = option(
        None, "The character between the fields of a CSV file.", shown="found"
    )
    decimal: str | None = option(
        None, "The decimal sign of a CSV file's numbers.", choices=(".", ","), shown="found"
    )
    latent_dim: int = option(16, "Length of a latent vector.", min=1)
    width: int = option(128, "Units of each hidden layer.", min=1)
    depth: int = option(2, "Hidden layers of each network.", min=1)
    learning_rate: float = option(
        1e-3, "Of the generator, or of all networks where there is no other.", min=0.0
    )

    def open(self) -> "OpenedTable":
        from keras_gen import data

        return data.open_table(self.dataset, columns=self._names(), **self.reading)

    @property
    def reading(self) -> "dict[str, Any]":
        """How files are read: options of `keras_gen.data.open_table` and its like."""
        return {"separator": self.separator, "decimal": self.decimal}

    def _reading_of(self, kept):
        """The same of a training that has begun, with the sign that was found."""
        return {**self.reading, "decimal": self.decimal or kept.get("decimal")}

    def kept_of(self, opened: "OpenedData") -> "Config":
        kept = {"columns": [column.get_config() for column in opened.columns]}
        return kept if opened.decimal is None else {**kept, "decimal": opened.decimal}

    def reopen(self, kept: "Config") -> "OpenedTable":
        from keras_gen import data

        if "columns" not in kept:
            return self.open()
        return data.open_table(self.dataset, columns=kept["columns"], **self._reading_of(kept))

    def _names(self):
        return self.columns and _listed(self.columns)

    def batches(
        self,
        opened: "OpenedData",
        first_epoch: int = 0,
        shard: tuple[int, int] = (0, 1),
        stage: str | None = None,
    ) -> "Dataset":
        return opened.batches(
            batch_size=self.batch_size, seed=self.seed, first_epoch=first_epoch, shard=shard
        )


class MixedTableRecipe(TableRecipe):
    """Rows of numbers, categories, booleans and dates, and dense networks."""

    default_epochs = 100
    least_steps = 5_000

    batch_size = 500
    dataset: str = option(
        REQUIRED,
        "A CSV or Parquet file, a folder with train.csv and test.csv, adult, adult/whole, clothing_reviews, or "
        "the name of a TFDS table.",
    )
    kinds: str | None = option(
        None,
        "Kinds of columns that are not to be found: zip=categorical,day=datetime; identifier leaves one out. A "
        "pair with a comma in its name stands in double quotes.",
        shown="",
    )

    def open(self) -> "OpenedMixedTable":
        from keras_gen import data

        kinds = {}
        for each in filter(None, _listed(self.kinds or "")):
            name, sign, kind = each.rpartition("=")
            if not sign:
                raise ValueError(
                    f"`kinds` must be names and kinds, zip=categorical say. Received: {each!r}"
                )
            kinds[name.strip()] = kind.strip()
        return data.open_mixed_table(
            self.dataset,
            columns=self._names(),
            kinds=kinds,
            seed=self.seed,
            **self.reading,
        )

    def reopen(self, kept: "Config") -> "OpenedMixedTable":
        from keras_gen import data

        if "columns" not in kept:
            return self.open()
        return data.open_mixed_table(
            self.dataset, columns=kept["columns"], seed=self.seed, **self._reading_of(kept)
        )

    def found(self, opened: "OpenedData") -> str:
        """What columns were found to be, and how to say otherwise."""
        words = "; ".join(column.words for column in opened.columns)
        return f"Columns are {words}. `--kinds name=categorical` says otherwise."


def _listed(text):
    """What an option lists, divided by commas that stand in no double quotes."""
    return [each.strip() for each in next(csv.reader([text], skipinitialspace=True))]
