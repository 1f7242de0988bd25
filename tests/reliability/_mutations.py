"""Ways to damage a preset or a `.keras` file: what disks, networks and people who mean harm do.

Some are `signed`: the checksums are made to agree again, as whoever means harm would.
"""

import json
import pathlib
import shutil
import struct
import warnings
import zipfile
import zlib

import h5py
import keras
import numpy as np

from keras_gen.presets import files
from tests import cases

CONFIG, WEIGHTS, METADATA = files.CONFIG, files.WEIGHTS, files.METADATA


def save_originals(folder):
    """A tiny preset and a tiny `.keras` file. Returns a dict from kinds to paths."""
    folder.mkdir(parents=True)
    keras.utils.set_random_seed(0)
    cases.build_gan(ema_decay=0.9).save_to_preset(folder / "preset")
    case = cases.CASES["vae"]
    model = cases.compiled(case)
    model.fit(case.data(4), batch_size=4, verbose=0)
    model.save(folder / "model.keras")
    return {"preset": folder / "preset", "keras": folder / "model.keras"}


def mutate(random, kind, path):
    """Damages a file or folder in a way drawn at random.

    Returns:
        The way's name, and whether the checksums agree again.
    """
    parts = Preset(path) if kind == "preset" else Archive(path)
    family = random.choice(["bytes", "json", "weights", "container"], p=[0.3, 0.35, 0.25, 0.1])
    if family == "container":
        ways = PRESET_WAYS if kind == "preset" else ARCHIVE_WAYS
        way = ways[random.integers(len(ways))]
        return f"container, {way.__name__}", way(random, path)
    if family == "bytes":
        way = BYTE_WAYS[random.integers(len(BYTE_WAYS))]
        name = parts.names[random.integers(len(parts.names))]
        signed = bool(random.random() < 0.5)
        if kind == "keras" and not signed:  # The archive as it lies on the disk.
            path.write_bytes(way(random, path.read_bytes()))
            return f"bytes of the archive, {way.__name__}", False
        parts.write(name, way(random, parts.read(name)), signed)
        return f"bytes of {name}, {way.__name__}", signed
    if family == "json":
        way = JSON_WAYS[random.integers(len(JSON_WAYS))]
        name = CONFIG if kind == "keras" or random.random() < 0.7 else METADATA
        # Nothing vouches for the metadata themselves.
        parts.write(name, way(random, json.loads(parts.read(name))), True)
        return f"{name}, {way.__name__}", True
    way = WEIGHTS_WAYS[random.integers(len(WEIGHTS_WAYS))]
    scratch = pathlib.Path(path).parent / "scratch.h5"
    scratch.write_bytes(parts.read(WEIGHTS))
    with h5py.File(scratch, "r+") as file:
        way(random, file)
    parts.write(WEIGHTS, scratch.read_bytes(), True)
    scratch.unlink()
    return f"weights, {way.__name__}", True


class Preset:
    """The parts of a preset."""

    names = (CONFIG, WEIGHTS, METADATA)

    def __init__(self, path):
        self.path = path

    def read(self, name):
        return (self.path / name).read_bytes()

    def write(self, name, content, signed):
        (self.path / name).write_bytes(content)
        if signed and name != METADATA:
            metadata = json.loads(self.read(METADATA))
            metadata["files"][name] = files.describe_file(self.path / name)
            (self.path / METADATA).write_text(json.dumps(metadata))


class Archive:
    """The parts of a `.keras` file; what is written is always signed."""

    names = (CONFIG, WEIGHTS)

    def __init__(self, path):
        self.path = path

    def read(self, name):
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(name)

    def write(self, name, content, signed):
        rewrite(self.path, {name: content})


def rewrite(path, changed, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in {**parts, **changed}.items():
            if content is not None:
                archive.writestr(name, content)


# Bytes


def flip_one(random, content):
    content = bytearray(content)
    content[random.integers(len(content))] ^= 1 << int(random.integers(8))
    return bytes(content)


def flip_many(random, content):
    content = bytearray(content)
    for place in random.integers(len(content), size=32):
        content[place] ^= int(random.integers(1, 256))
    return bytes(content)


def flip_in_the_header(random, content):
    content = bytearray(content)
    for place in random.integers(min(len(content), 2048), size=4):
        content[place] ^= int(random.integers(1, 256))
    return bytes(content)


def truncate(random, content):
    return content[: random.integers(len(content))]


def empty(random, content):
    return b""


def blank_a_block(random, content):
    start = int(random.integers(len(content)))
    size = int(random.integers(1, 4096))
    return content[:start] + bytes(len(content[start : start + size])) + content[start + size :]


def cut_a_block(random, content):
    start = int(random.integers(len(content)))
    return content[:start] + content[start + int(random.integers(1, 4096)) :]


def repeat_a_block(random, content):
    start = int(random.integers(len(content)))
    block = content[start : start + int(random.integers(1, 4096))]
    return content[:start] + block + content[start:]


def append_noise(random, content):
    return content + random.bytes(int(random.integers(1, 4096)))


def noise(random, content):
    return random.bytes(len(content))


BYTE_WAYS = [
    flip_one,
    flip_many,
    flip_in_the_header,
    flip_in_the_header,
    truncate,
    empty,
    blank_a_block,
    cut_a_block,
    repeat_a_block,
    append_noise,
    noise,
]

# JSON: each way takes the parsed content and gives the text

HUGE = [
    10**9,
    2**31,
    2**63,
    10**30,
    -1,
    -(10**9),
    0,
    1e300,
    float("inf"),
    float("nan"),
    0.5,
    10**5000,
]
HARM = [
    {"class_name": "function", "module": "os", "config": "system", "registered_name": "system"},
    {"class_name": "Popen", "module": "subprocess", "config": {"args": ["true"]}},
    {"class_name": "Lambda", "module": "keras.layers", "registered_name": None, "config": {}},
    {"class_name": "__lambda__", "config": {"value": "code"}},
    {"class_name": "GAN", "module": "x", "registered_name": "keras_gen>GAN", "config": {}},
    {"class_name": "Adam", "module": "keras.optimizers", "registered_name": None, "config": {}},
]


def places(value):
    """Pairs of a container and a key or index in it: every value of parsed JSON."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in [*items]:
        yield value, key
        if isinstance(child, dict | list):
            yield from places(child)


def draw(random, content, wanted=lambda value: True):
    found = [(c, k) for c, k in places(content) if wanted(c[k])]
    return found[random.integers(len(found))]


def to_text(content):
    with np.errstate(all="ignore"):
        return json.dumps(content).encode()


def swap_values(random, content):
    (a, i), (b, j) = draw(random, content), draw(random, content)
    try:
        text = to_text(content)
        a[i], b[j] = b[j], a[i]
        return to_text(content)
    except (ValueError, IndexError, KeyError):  # One within the other.
        return flip_one(random, text)


def rename_a_key(random, content):
    container, key = draw(random, content)
    if isinstance(container, dict):
        container[f"{key}_"] = container.pop(key)
    return to_text(content)


def remove_a_value(random, content):
    container, key = draw(random, content)
    del container[key]
    return to_text(content)


def repeat_a_value(random, content):
    container, key = draw(random, content, lambda value: isinstance(value, dict | list))
    if isinstance(container, list):
        container.insert(key, container[key])
    else:
        container[key] = [container[key], container[key]]
    return to_text(content)


def huge_number(random, content):
    container, key = draw(
        random, content, lambda v: isinstance(v, int | float) and not isinstance(v, bool)
    )
    marker = "the number that stands here"
    container[key] = marker
    number = HUGE[random.integers(len(HUGE))]
    text = "1" + "0" * 5000 if number == 10**5000 else json.dumps(number)
    return to_text(content).replace(f'"{marker}"'.encode(), text.encode())


def many_huge_numbers(random, content):
    for container, key in places(content):
        if isinstance(container[key], int) and key in (
            "units",
            "filters",
            "latent_dim",
            "pool_size",
        ):
            container[key] = int(10 ** random.integers(4, 12))
    return to_text(content)


def other_kind(random, content):
    container, key = draw(random, content)
    others = [
        None,
        True,
        3,
        -1.5,
        "text",
        "",
        [],
        {},
        [None],
        {"class_name": "Dense"},
        "\ud800",
        "a\0b",
    ]
    container[key] = others[random.integers(len(others))]
    return to_text(content)


def deep_nesting(random, content):
    container, key = draw(random, content)
    depth = int(random.choice([120, 1000, 100_000]))
    marker = "what stands here"
    container[key] = marker
    left, right = [("[", "]"), ('{"a":', "}")][random.integers(2)]
    nested = f"{left * depth}1{right * depth}"
    return to_text(content).replace(f'"{marker}"'.encode(), nested.encode())


def much_of_it(random, content):
    container, key = draw(random, content)
    container[key] = [[]] * int(random.choice([10**4, 10**6, 5 * 10**6]))
    return to_text(content)


def long_text(random, content):
    container, key = draw(random, content)
    container[key] = "a" * int(random.choice([10**4, 10**6, 2 * 10**7]))
    return to_text(content)


def harm(random, content):
    container, key = draw(random, content)
    container[key] = HARM[random.integers(len(HARM))]
    return to_text(content)


def list_it(random, content):
    return to_text([content])


JSON_WAYS = [
    swap_values,
    swap_values,
    rename_a_key,
    rename_a_key,
    remove_a_value,
    repeat_a_value,
    huge_number,
    huge_number,
    many_huge_numbers,
    other_kind,
    other_kind,
    deep_nesting,
    much_of_it,
    long_text,
    harm,
    list_it,
]

# Weights: each way changes an open HDF5 file


def arrays_of(file):
    found = []
    file.visititems(lambda name, item: found.append(name) if hasattr(item, "shape") else None)
    return found


def draw_array(random, file):
    names = arrays_of(file)
    return names[random.integers(len(names))]


def replace(file, name, **options):
    del file[name]
    return file.create_dataset(name, **options)


def not_finite(random, file):
    name = draw_array(random, file)
    if file[name].dtype.kind == "f" and file[name].size:
        values = file[name][()]
        np.ravel(values)[0:1] = [np.nan, np.inf][random.integers(2)]
        file[name][...] = values


def not_of_numbers(random, file):
    name = draw_array(random, file)
    shape = file[name].shape
    kinds = ["complex64", "S4", h5py.string_dtype(), "int32", [("a", "f4")], h5py.ref_dtype]
    replace(file, name, shape=shape, dtype=kinds[random.integers(len(kinds))])


def other_shape(random, file):
    name = draw_array(random, file)
    replace(file, name, data=np.zeros((*file[name].shape, 2), "float32"))


def remove_an_array(random, file):
    del file[draw_array(random, file)]


def rename_an_array(random, file):
    name = draw_array(random, file)
    file.move(name, f"{name}_")


def rename_a_group(random, file):
    name = next(iter(file))
    file.move(name, f"{name}_")


def further_array(random, file):
    file["further"] = np.zeros(int(random.integers(1, 10**6)), "float32")


def hard_links(random, file):
    group = file
    for level in range(int(random.choice([2, 32, 60]))):
        below = group.create_group(f"level{level}")
        group["again"] = below
        group = below


def array_twice(random, file):
    file["twice"] = file[draw_array(random, file)]


def loop(random, file):
    file.create_group("a/b")["c"] = file["/"]


def soft_link(random, file):
    name = draw_array(random, file)
    file.move(name, "elsewhere")
    file[name] = h5py.SoftLink("/elsewhere")


def external_link(random, file):
    name = draw_array(random, file)
    del file[name]
    file[name] = h5py.ExternalLink("/etc/hostname", "/")


def external_storage(random, file):
    name = draw_array(random, file)
    shape = file[name].shape or (1,)
    size = int(np.prod(shape)) * 4
    replace(file, name, shape=shape, dtype="float32", external=[("/etc/hostname", 0, size)])


def huge_array(random, file):
    name = draw_array(random, file)
    side = int(random.choice([10**4, 10**6, 10**9]))
    replace(file, name, shape=(side, side), dtype="float32", chunks=(1, min(side, 10**4)))


def huge_chunk(random, file):
    name = draw_array(random, file)
    chunks, most = (2**14, 2**14), (None, None)
    replace(file, name, shape=(2, 2), maxshape=most, dtype="float32", chunks=chunks)[...] = 1


def packed_zeros(random, file):
    name = draw_array(random, file)
    size = int(random.choice([10**6, 10**7, 10**8]))
    options = {"chunks": (10**6,), "compression": "gzip", "fillvalue": 1.0}
    array = replace(file, name, shape=(size,), dtype="float32", **options)
    array.id.write_direct_chunk((0,), zlib.compress(bytes(4 * 10**6), 9))


def bursting_chunk(random, file):
    name = draw_array(random, file)
    shape, dtype = file[name].shape or (1,), file[name].dtype
    array = replace(file, name, shape=shape, dtype=dtype, chunks=shape, compression="gzip")
    packed = zlib.compress(bytes(int(random.choice([10**5, 10**6, 10**7]))), 9)
    array.id.write_direct_chunk((0,) * len(shape), packed)


def unknown_filter(random, file):
    name = draw_array(random, file)
    values = file[name][()]
    if values.ndim:
        replace(file, name, data=values, compression="lzf")


def deep_groups(random, file):
    file.create_group("/".join("a" * int(random.choice([70, 500]))))


def many_groups(random, file):
    for number in range(20_000):
        file.create_group(f"many/{number}")


def other_values(random, file):
    name = draw_array(random, file)
    file[name][...] = np.zeros_like(file[name][()])


WEIGHTS_WAYS = [
    not_finite,
    not_finite,
    not_of_numbers,
    not_of_numbers,
    other_shape,
    remove_an_array,
    rename_an_array,
    rename_an_array,
    rename_a_group,
    further_array,
    hard_links,
    hard_links,
    array_twice,
    loop,
    soft_link,
    external_link,
    external_storage,
    huge_array,
    huge_chunk,
    packed_zeros,
    bursting_chunk,
    bursting_chunk,
    unknown_filter,
    deep_groups,
    many_groups,
    other_values,
]

# A preset's folder, an archive: each way gives whether it is signed


def remove_a_file(random, path):
    (path / Preset.names[random.integers(3)]).unlink()
    return False


def folder_in_place(random, path):
    name = Preset.names[random.integers(3)]
    (path / name).unlink()
    (path / name).mkdir()
    return False


def loop_of_links(random, path):
    name = Preset.names[random.integers(3)]
    (path / name).unlink()
    (path / name).symlink_to(path / name)
    return False


def file_for_another(random, path):
    a, b = random.choice(3, 2, replace=False)
    shutil.copy(path / Preset.names[a], path / Preset.names[b])
    return False


def further_file(random, path):
    (path / "further.py").write_text("raise SystemExit")
    return False


def names_outside(random, path):
    metadata = json.loads((path / METADATA).read_text())
    names = ["../x", "/etc/hostname", "..", "a\\b", "c:d", "a\0b", "x" * 5000, "\ud800", ""]
    metadata["files"][names[random.integers(len(names))]] = {"sha256": "0", "size": 0}
    (path / METADATA).write_text(json.dumps(metadata))
    return True


def without_weights(random, path):
    (path / WEIGHTS).unlink()
    metadata = json.loads((path / METADATA).read_text())
    del metadata["files"][WEIGHTS]
    (path / METADATA).write_text(json.dumps(metadata))
    return True


PRESET_WAYS = [
    remove_a_file,
    folder_in_place,
    loop_of_links,
    file_for_another,
    further_file,
    names_outside,
    without_weights,
]


def member_twice(random, path):
    with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python says that the name is there.
        name = archive.namelist()[random.integers(3)]
        archive.writestr(name, archive.read(name))
    return True


def further_member(random, path):
    names = ["../evil.py", "/tmp/evil.py", "assets/a/vocabulary.txt", "config.json/", "a" * 60000]
    rewrite(path, {names[random.integers(len(names))]: b"words"})
    return True


def member_missing(random, path):
    rewrite(path, {(CONFIG, WEIGHTS, METADATA)[random.integers(3)]: None})
    return True


def packed_bomb(random, path):
    name = (CONFIG, WEIGHTS, METADATA)[random.integers(3)]
    rewrite(path, {name: bytes(10**9)}, zipfile.ZIP_DEFLATED)
    return True


def npz_for_weights(random, path):
    rewrite(path, {WEIGHTS: None, "model.weights.npz": b"PK"})
    return True


def packed_again(random, path):
    rewrite(path, {}, [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2][random.integers(2)])
    return True


def false_header(random, path):
    """Another size, flag, way of packing or place, in the archive's table of contents."""
    content = bytearray(path.read_bytes())
    start = content.rindex(b"PK\x01\x02")
    place, size = [(8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (42, 4)][random.integers(6)]
    value = int(random.choice([0, 1, 2**16 - 1, 2**32 - 1])) % 2 ** (8 * size)
    content[start + place : start + place + size] = struct.pack("<HI"[0] + "HI"[size // 4], value)
    path.write_bytes(bytes(content))
    return False


def weights_alone(random, path):
    with zipfile.ZipFile(path) as archive:
        weights = archive.read(WEIGHTS)
    path.write_bytes(weights)
    return False


ARCHIVE_WAYS = [
    member_twice,
    further_member,
    member_missing,
    packed_bomb,
    npz_for_weights,
    packed_again,
    false_header,
    false_header,
    false_header,
    weights_alone,
]
