"""A weights file is looked through before Keras reads it: what it holds, and that it is no trap."""

import dataclasses
import math
import re
import zlib

import h5py
import numpy as np

_MOST_OBJECTS = 50_000
_MOST_DEPTH = 64
# The arrays may take more than the file, by which zeros compress well, but not without end.
_FREE_BYTES = 64 * 2**20
_MOST_EXPANSION = 20
_LEAST_CHUNK = 2**20
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_FILTERS = (h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_FLETCHER32)


@dataclasses.dataclass(frozen=True)
class Arrays:
    """What a weights file holds."""

    kinds: dict  # from the names of its arrays to (shape, "float", "int" or "bool")
    numbers: int  # in all of them
    floats: int  # those of the float arrays


class RefusedError(ValueError):
    """A file is readable, and refused for what it holds."""


def read_arrays(file, source, finite=True):
    """Looks through a weights file, and refuses one that is anything but plain arrays of numbers.

    Nothing is taken from outside the file; no group or array may stand at two places in it (of 32
    levels of groups that hold the next one twice nobody sees the end); and no array or chunk may
    unpack to more than it says.

    Args:
        file: `pathlib.Path` of an HDF5 file.
        source: String or path, the file's name for the errors.
        finite: Boolean, whether arrays with NaN or infinities are refused.

    Returns:
        `Arrays`.

    Raises:
        ValueError: If it is refused, or no HDF5 file.
    """
    try:
        stored = file.stat().st_size
        most_bytes = max(_FREE_BYTES, _MOST_EXPANSION * stored)
        kinds, numbers, size = {}, {"float": 0, "int": 0, "bool": 0}, 0
        with h5py.File(file, "r") as opened:
            for name, array in _walk(opened):
                kind = _check_array(name, array)
                size += array.size * array.dtype.itemsize
                if size > most_bytes:
                    raise RefusedError(
                        f"its arrays must take at most {most_bytes} bytes, for a file of {stored} "
                        f"bytes. Received: at least {size} bytes"
                    )
                _check_chunks(name, array)
                if finite and kind == "float" and not _is_finite(array):
                    raise RefusedError(f"all must be finite. Received: NaN or infinities in {name}")
                kinds[name] = (array.shape, kind)
                numbers[kind] += array.size
    except RefusedError as error:
        raise RefusedError(
            f"{source} must hold its weights as plain arrays of numbers, so nothing was loaded: {error}"
        ) from None
    except Exception as error:  # h5py has no kind of its own: OSError, KeyError, RuntimeError ...
        raise RefusedError(
            f"{source} is no HDF5 file that can be read: {one_line(error)}"
        ) from error
    return Arrays(kinds, sum(numbers.values()), numbers["float"])


def one_line(error):
    """An error's text, or its kind where it has none, in one line of at most 300 characters."""
    text = " ".join(_COLOURS.sub("", str(error)).split()) or type(error).__name__
    return text if len(text) <= 300 else f"{text[:297]}..."


def _walk(file):
    """Pairs of names and arrays, each object of the file once."""
    groups, seen = [(file, 0)], {_address(file)}
    while groups:
        group, depth = groups.pop()
        for name in group:
            full_name = f"{group.name.rstrip('/')}/{name}"
            link = group.get(name, getlink=True)
            item = group[name] if isinstance(link, h5py.HardLink) else None
            if not isinstance(item, h5py.Group | h5py.Dataset):
                raise RefusedError(f"received {full_name}, which points elsewhere or holds objects")
            if _address(item) in seen:
                raise RefusedError(f"received {full_name}, which stands at two places")
            seen.add(_address(item))
            if len(seen) > _MOST_OBJECTS or depth > _MOST_DEPTH:
                raise RefusedError(
                    f"at most {_MOST_OBJECTS} objects, nested {_MOST_DEPTH} deep. Received: more"
                )
            if isinstance(item, h5py.Group):
                groups.append((item, depth + 1))
            else:
                yield full_name, item


def _address(item):
    return h5py.h5o.get_info(item.id).addr


def _check_array(name, array):
    """The kind of an array; whatever is none of numbers, or not in the file, is refused."""
    if array.external or array.is_virtual or array.dtype.hasobject:
        raise RefusedError(f"received {name}, which points elsewhere or holds objects")
    kind = {"f": "float", "i": "int", "u": "int", "b": "bool"}.get(array.dtype.kind)
    if _is_bfloat16(array):
        kind = "float"
    if array.shape is None or kind is None or array.dtype.itemsize > 8:
        raise RefusedError(f"received {name} of shape {array.shape} and type {array.dtype}")
    return kind


def _is_bfloat16(array):
    """Keras writes bfloat16 as two opaque bytes, and says so."""
    return array.dtype == "V2" and array.attrs.get("dtype") == "bfloat16"


def _check_chunks(name, array):
    """Refuses chunks that unpack to more than the array says."""
    layout = array.id.get_create_plist()
    filters = [layout.get_filter(number)[0] for number in range(layout.get_nfilters())]
    if filters != [code for code in _FILTERS if code in filters]:
        raise RefusedError(f"received {name}, packed by HDF5's filters {filters}, not {_FILTERS}")
    if array.chunks is None:
        return
    size = math.prod(array.chunks) * array.dtype.itemsize
    if size > max(array.size * array.dtype.itemsize, _LEAST_CHUNK):
        raise RefusedError(f"received {name} of shape {array.shape} in chunks of {array.chunks}")
    chunks = []
    array.id.chunk_iter(chunks.append)
    for chunk in chunks:
        if chunk.size > 2 * size + 1024:
            raise RefusedError(
                f"received {name}, whose chunk of {size} bytes takes {chunk.size} bytes"
            )
        if h5py.h5z.FILTER_DEFLATE in filters:
            packed = array.id.read_direct_chunk(chunk.chunk_offset)[1]
            skipped = chunk.filter_mask & (1 << filters.index(h5py.h5z.FILTER_DEFLATE))
            if not skipped and len(zlib.decompressobj().decompress(packed, size + 1)) > size:
                raise RefusedError(
                    f"received {name}, whose chunk unpacks to more than {size} bytes"
                )


def _is_finite(array):
    values = array[()]
    if values.dtype.kind == "V":
        return bool(np.all(values.view("uint16") & 0x7F80 != 0x7F80))
    return bool(np.isfinite(values).all())
