"""Odd data: what may be given to `fit` and `evaluate`, and what it ought to have meant.

Data are three blocks of four examples. An oddity changes some of the blocks, a container holds them.
"""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

SIZE, BLOCKS = 4, 3


@dataclasses.dataclass(frozen=True)
class Oddity:
    """One way in which a part of the data is odd.

    Args:
        name: String.
        change: Callable from a clean block to an odd one.
        means: Callable from a clean block to what the odd one means, or None where it is to be refused.
    """

    name: str
    change: Callable
    means: Callable | None = None


def same(block):
    return block


def _bytes(x):
    return np.rint((x + 1.0) * 127.5).astype("uint8")


def _with(value):
    def change(x):
        x = np.array(x, dtype=np.result_type(x, np.float32))
        x.flat[1] = value
        return x

    return change


def _to(dtype):
    return lambda x: x.astype(dtype)


def _back(dtype):
    return lambda x: x.astype(dtype).astype("float32")


def _strided(x):
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    wide[..., ::2] = x
    return wide[..., ::2]


def _read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


TAKEN = [
    Oddity("as it should be", same, same),
    Oddity("float64", _to("float64"), same),
    Oddity("float16", _to("float16"), _back("float16")),
    Oddity("the other byte order", lambda x: x.astype(x.dtype.newbyteorder(">")), same),
    Oddity("Fortran's order", np.asfortranarray, same),
    Oddity("with gaps", _strided, same),
    Oddity("backwards", lambda x: x[::-1], lambda x: np.ascontiguousarray(x[::-1])),
    Oddity("read only", _read_only, same),
]
NUMBERS = [
    Oddity("NaN", _with(np.nan)),
    Oddity("infinite", _with(np.inf)),
    Oddity("all NaN", lambda x: np.full_like(x, np.nan)),
    Oddity("complex", _to("complex64")),
    Oddity("bool", lambda x: x > 0),
    Oddity("text", lambda x: x.astype("U8")),
    Oddity("objects", _to(object)),
    Oddity("dates", lambda x: np.zeros(x.shape, "datetime64[D]")),
    Oddity("another axis", lambda x: x[..., None]),
    Oddity("an axis less", lambda x: x[..., 0]),
    Oddity("longer", lambda x: np.concatenate([x, x], axis=1)),
    Oddity("shorter", lambda x: x[:, :3]),
]
IMAGES = [
    *TAKEN,
    Oddity("uint8", _bytes, lambda x: _bytes(x) / np.float32(127.5) - 1.0),
    Oddity("a little beyond", lambda x: 1.3 * x, lambda x: 1.3 * x),
    Oddity("black", lambda x: np.full_like(x, -1.0), lambda x: np.full_like(x, -1.0)),
    *NUMBERS,
    Oddity("0 to 255", lambda x: _bytes(x).astype("float32")),
    Oddity("0 to 255 in float16", lambda x: _bytes(x).astype("float16")),
    Oddity("0 to 255 in float64", lambda x: _bytes(x).astype("float64")),
    Oddity("0 to 65535", lambda x: 257.0 * _bytes(x).astype("float32")),
    Oddity("-128 to 127", lambda x: 127.0 * x),
    Oddity("standardised", lambda x: 3.0 * x),
    # In the range that is taken: of a whole data set there is a warning.
    Oddity("0 to 1", lambda x: 0.5 * x + 0.5, lambda x: 0.5 * x + 0.5),
    *(Oddity(f"bytes in {dtype}", lambda x, d=dtype: _bytes(x).astype(d))
      for dtype in ("int64", "int32", "uint16", "int8", "uint64")),
    Oddity("channels first", lambda x: np.moveaxis(x, -1, 1)),
    Oddity("channels twice", lambda x: np.repeat(x, 2, axis=-1)),
]  # fmt: skip
ROWS = [
    *TAKEN,
    Oddity("whole numbers", lambda x: np.rint(x), lambda x: np.rint(x)),
    Oddity("int64", lambda x: np.rint(x).astype("int64"), lambda x: np.rint(x)),
    Oddity("int32", lambda x: np.rint(x).astype("int32"), lambda x: np.rint(x)),
    *NUMBERS[:8],
    *NUMBERS[9:],
]
LABELS = [
    Oddity("int32", _to("int32"), same),
    Oddity("int64", _to("int64"), same),
    Oddity("uint8", _to("uint8"), same),
    Oddity("int8", _to("int8"), same),
    Oddity("whole floats", _to("float32"), same),
    Oddity("whole float64", _to("float64"), same),
    Oddity("a column", lambda y: y[:, None], same),
    Oddity("-1", lambda y: y - 1),
    Oddity("one too many", lambda y: y + 1),
    Oddity("far", lambda y: y + 1000),
    Oddity("beyond 32 bits", lambda y: y.astype("int64") + 2**32),
    Oddity("halves", lambda y: y + 0.5),
    Oddity("NaN labels", _with(np.nan)),
    Oddity("infinite labels", _with(np.inf)),
    Oddity("one-hot", lambda y: np.eye(3, dtype="float32")[y]),
    Oddity("two columns", lambda y: np.stack([y, y], axis=1)),
    Oddity("names", lambda y: y.astype("U8")),
    Oddity("object labels", _to(object)),
    Oddity("bools", lambda y: y > 0),
    Oddity("one too few", lambda y: y[:-1]),
    Oddity("complex labels", _to("complex64")),
]


# Containers: of a list of blocks, each a tuple of the parts; None where it can't hold them.


def _joined(blocks):
    parts = []
    for arrays in zip(*blocks, strict=True):
        if len({(a.dtype, a.shape[1:]) for a in arrays}) > 1:
            return None
        whole = np.concatenate(arrays)
        # What `concatenate` would lose.
        if len(arrays) and not arrays[0].flags.c_contiguous and arrays[0].ndim > 1:
            whole = np.asfortranarray(whole)
        parts.append(whole.astype(arrays[0].dtype, copy=False))
    return parts


def arrays(blocks, names):
    parts = _joined(blocks)
    return None if parts is None else tuple(parts)


def dicts(blocks, names):
    parts = _joined(blocks)
    return None if parts is None else (dict(zip(names, parts, strict=True)),)


def list_of_arrays(blocks, names):
    parts = _joined(blocks)
    return None if parts is None or len(parts) < 2 else (list(parts),)


def _tensors(make):
    def container(blocks, names):
        parts = _joined(blocks)
        if parts is None:
            return None
        try:
            return tuple(map(make, parts))
        except (TypeError, ValueError):
            return None

    return container


def _tensorflow(array):
    import tensorflow as tf

    return tf.constant(array)


def _torch(array):
    import torch

    return torch.from_numpy(np.ascontiguousarray(array))


def data_set(blocks, names):
    import tensorflow as tf

    parts = _joined(blocks)
    # Three blocks, since it is the batches that are odd.
    sizes = {len(part) for block in blocks for part in block}
    if parts is None or len(sizes) > 1:
        return None
    try:
        whole = tf.data.Dataset.from_tensor_slices(tuple(parts) if len(parts) > 1 else parts[0])
    except (TypeError, ValueError):
        return None
    return (whole.batch(SIZE),)


def data_set_of_dicts(blocks, names):
    made = data_set(blocks, names)
    if made is None:
        return None
    if len(names) == 1:
        return (made[0].map(lambda part: {names[0]: part}),)
    return (made[0].map(lambda *parts: dict(zip(names, parts, strict=True))),)


class _Blocks(keras.utils.PyDataset):
    def __init__(self, blocks):
        super().__init__()
        self.blocks = blocks

    def __len__(self):
        return len(self.blocks)

    def __getitem__(self, index):
        return self.blocks[index]


def sequence(blocks, names):
    return (_Blocks(blocks),)


def generator(blocks, names):
    return (block for block in blocks), {"steps": len(blocks)}


def loader(blocks, names):
    import torch

    try:
        tensors = [tuple(map(_torch, block)) for block in blocks]
    except (TypeError, ValueError):
        return None
    # One that gives batches as they are.
    return (torch.utils.data.DataLoader(tensors, batch_size=None, shuffle=False),)


CONTAINERS = {
    "arrays": arrays,
    "dict": dicts,
    "list": list_of_arrays,
    "TensorFlow's tensors": _tensors(_tensorflow),
    "PyTorch's tensors": _tensors(_torch),
    "tf.data": data_set,
    "tf.data of dicts": data_set_of_dicts,
    "PyDataset": sequence,
    "generator": generator,
    "DataLoader": loader,
}
PLACES = {"whole": range(BLOCKS), "first batch": [0], "later batch": [BLOCKS - 1]}


# What is odd as a whole: functions of clean blocks and the parts' names; True where it is to be taken.


def _whole(blocks):
    return [np.concatenate(arrays) for arrays in zip(*blocks, strict=True)]


def sample_weights(blocks, names):
    return (_Blocks([(*block, *[None] * (2 - len(block)), np.ones(SIZE)) for block in blocks]),)


def another_key(blocks, names):
    return ({f"{name}s": part for name, part in zip(names, _whole(blocks), strict=True)},)


def a_key_more(blocks, names):
    parts = dict(zip(names, _whole(blocks), strict=True))
    return ({**parts, "further": np.zeros(SIZE * BLOCKS)},)


def a_part_more(blocks, names):
    parts = _whole(blocks)
    return ([*parts, parts[0]],)


def nothing(blocks, names):
    return (None,)


def a_number(blocks, names):
    return (5.0,)


def a_path(blocks, names):
    return ("pictures/of/cats",)


def no_examples(blocks, names):
    return tuple(part[:0] for part in _whole(blocks))


def no_batches(blocks, names):
    return (iter(()), {"steps": 1})


def an_empty_sequence(blocks, names):
    return (_Blocks([]),)


def without_batches(blocks, names):
    import tensorflow as tf

    parts = _whole(blocks)
    return (tf.data.Dataset.from_tensor_slices(tuple(parts) if len(parts) > 1 else parts[0]),)


def lists_of_numbers(blocks, names):
    return tuple(part.tolist() for part in _whole(blocks))


def a_list_of_examples(blocks, names):
    return (list(_whole(blocks)[0]), *_whole(blocks)[1:])


def a_scalar_array(blocks, names):
    return (np.float32(0.5) * np.ones(()), *_whole(blocks)[1:])


def a_set(blocks, names):
    return ({1.0, 2.0},)


def a_function(blocks, names):
    return (lambda: blocks[0],)


def batches_of_none(blocks, names):
    return iter([None] * BLOCKS), {"steps": BLOCKS}


def parts_of_other_lengths(blocks, names):
    first, *others = _whole(blocks)
    return (first, *(part[:-1] for part in others)) if others else None


_REFUSED = (
    *(sample_weights, another_key, a_part_more, nothing, a_number, a_path, no_examples, no_batches),
    *(an_empty_sequence, without_batches, lists_of_numbers, a_list_of_examples, a_scalar_array),
    *(a_set, a_function, batches_of_none, parts_of_other_lengths),
)
STRUCTURES = {**dict.fromkeys(_REFUSED, False), a_key_more: True}
