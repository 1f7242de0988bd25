"""Values that a model does not take, counted within its steps: what a look at the first batch did not see."""

import keras

from keras_gen import modalities


class Strays:
    """Counts the values of each part of the data that the model does not take.

    It costs a step one reduction over the batch, of bytes none. The counts are variables, so that they are
    right on every backend and over all replicas.

    Args:
        takes: Dict from the parts' names to what each is.
    """

    def __init__(self, takes):
        self._takes = takes
        self._counts = {
            name: keras.Variable(
                0.0,
                trainable=False,
                dtype="float32",
                aggregation="sum",
                synchronization="on_read",
                name=f"{name}_strays",
            )
            for name in takes
        }

    @property
    def variables(self):
        """List of the counts."""
        return list(self._counts.values())

    def count(self, data):
        """Counts those of a batch, within a step."""
        if not self._takes:
            return
        for name, values in modalities.split(data, self._takes).items():
            strays = self._takes[name].strays(values)
            if strays is not None:
                self._counts[name].assign_add(keras.ops.cast(strays, "float32"))

    def clear(self):
        """Begins again, on the host."""
        for variable in self._counts.values():
            variable.assign(keras.ops.zeros(variable.shape))

    def refuse(self, where):
        """Raises a ValueError if there were any since, on the host.

        Args:
            where: String, where they were counted.
        """
        for name, variable in self._counts.items():
            count = keras.ops.convert_to_numpy(variable).item()
            if count:
                wanted = self._takes[name].wanted(modalities.name_of(name, self._takes))
                raise ValueError(f"{wanted}. Received: {count:,.0f} other values {where}")
