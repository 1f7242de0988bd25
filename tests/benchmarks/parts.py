"""The parts of the benchmark: each measures something, of so many models at so many sizes, and returns
rows of the report.
"""

import contextlib
import dataclasses
import functools
import math
import pathlib
import statistics
import subprocess
import sys
import time

import keras
import numpy as np
import tensorflow as tf

from tests.benchmarks.benchmark import NUM_CLASSES
from tests.benchmarks.timing import calls, fits, in_turns, now
from tests.benchmarks.workloads import BENCHMARKS, page_workload, torch_loop, workload

MODELS = tuple(BENCHMARKS)
SIZES = (28, 64)


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the report.

    Args:
        name: String, what was measured.
        figures: Dict from column headings to strings.
        ratio: Float, or None where there is nothing to compare with.
        bound: String such as `"<= 1.05"`, what the ratio is held against, or None.
    """

    name: str
    figures: dict
    ratio: float | None = None
    bound: str | None = None

    @property
    def met(self):
        """Whether the bound holds; None where there is none."""
        if self.bound is None or self.ratio is None:
            return None
        sign, value = self.bound.split()
        return self.ratio <= float(value) if sign == "<=" else self.ratio >= float(value)


@functools.cache
def step_timings(model, size, with_torch=True):
    """Timings of `fit`, the hand-written loop and the PyTorch loop, kept for other parts."""
    case = workload(model, size)
    contestants = {
        "fit": fits(case.compiled(), case.dataset()),
        "hand": _hand_written(case),
    }
    if with_torch:
        from tests.benchmarks import torch_loops

        step = torch_loop(model).step_of(case.shape, case.options)
        batch = torch_loops.tensors(case.batches(1)[0])
        contestants["torch"] = calls(lambda: step(*batch))
    return in_turns(contestants, seconds=4.0)


def steps(models, sizes):
    """Step time through `fit` against the hand-written loop."""
    for size in sizes:
        for model in models:
            timings = step_timings(model, size)
            figures = {key: _milliseconds(timings.medians[key]) for key in ("fit", "hand")}
            yield Row(f"{model} {size}", figures, timings.ratio("fit", "hand"), "<= 1.05")


def torch(models, sizes):
    """Step time of the eager PyTorch loop against `fit`."""
    ratios = []
    for size in sizes:
        for model in models:
            timings = step_timings(model, size)
            figures = {key: _milliseconds(timings.medians[key]) for key in ("fit", "torch")}
            ratios.append(timings.ratio("torch", "fit"))
            yield Row(f"{model} {size}", figures, ratios[-1], ">= 1.2")
    yield Row("geometric mean", {}, _geometric_mean(ratios), ">= 1.5")


def pages(models, sizes):
    """`fit` with the networks of Keras's example pages against loops by hand and in eager PyTorch."""
    from tests.benchmarks import torch_loops

    ratios = []
    for model in models:
        page = BENCHMARKS[model].page
        if page is None:
            continue
        case, loop = page_workload(model), torch_loop(model)
        networks = page.networks and loop.page_networks()
        step = loop.step_of(case.shape, case.options, networks)
        batch = torch_loops.tensors(case.batches(1)[0])
        contestants = {
            "fit": fits(case.compiled(), case.dataset()),
            "hand": _hand_written(case),
            "torch": calls(functools.partial(step, *batch)),
        }
        comparisons = [("fit", "hand", "<= 1.05"), ("torch", "fit", ">= 1.2")]
        if BENCHMARKS[model].shares_forward:
            contestants["hand, two passes"] = _hand_written(case, share_forward=False)
            comparisons.append(("fit", "hand, two passes", "<= 0.85"))
        timings = in_turns(contestants, seconds=4.0, least_rounds=3)
        for first, second, bound in comparisons:
            figures = {
                "first": _milliseconds(timings.medians[first]),
                "second": _milliseconds(timings.medians[second]),
            }
            ratio = timings.ratio(first, second)
            yield Row(f"{model} {page.size}, {first} / {second}", figures, ratio, bound)
        ratios.append(timings.ratio("torch", "fit"))
    if ratios:
        yield Row("geometric mean, torch / fit", {}, _geometric_mean(ratios), ">= 1.5")


def shared(models, sizes):
    """`fit` with one pass of the generator a step against a hand-written loop with two, at 64 x 64."""
    for model in models:
        if not BENCHMARKS[model].shares_forward:
            continue
        case = workload(model, 64)
        timings = in_turns(
            {
                "fit": fits(case.compiled(), case.dataset()),
                "hand, two passes": _hand_written(case, share_forward=False),
            }
        )
        figures = {name: _milliseconds(seconds) for name, seconds in timings.medians.items()}
        yield Row(f"{model} 64", figures, timings.ratio("fit", "hand, two passes"), "<= 0.85")


def tracing(models, sizes, rounds=3):
    """The first step of what traces longest: `fit` against the hand-written loop."""
    for model in models:
        if not BENCHMARKS[model].traces_long:
            continue
        case = workload(model, 64)
        seconds = {"fit": [], "hand": []}
        for number in range(rounds):
            contestants = {"fit": _first_fit, "hand": _first_hand_written_step}
            for name in sorted(contestants, reverse=bool(number % 2)):
                seconds[name].append(contestants[name](case))
        ratio = statistics.median(a / b for a, b in zip(*seconds.values(), strict=True))
        figures = {name: f"{statistics.median(values):.1f} s" for name, values in seconds.items()}
        yield Row(f"{model} 64", figures, ratio, "<= 1.5")


def precision(models, sizes):
    """Step time through `fit` at float32 against mixed_bfloat16, at 64 x 64."""
    # Without the processor's own instructions there is nothing to be had.
    cpu = pathlib.Path("/proc/cpuinfo")
    bound = ">= 1.3" if cpu.exists() and "avx512_bf16" in cpu.read_text() else None
    for model in models:
        case = workload(model, 64)
        contestants = {}
        for policy in ("float32", "mixed_bfloat16"):
            with _policy(policy):
                contestants[policy] = fits(case.compiled(), case.dataset())
        timings = in_turns(contestants, seconds=4.0)
        figures = {name: _milliseconds(seconds) for name, seconds in timings.medians.items()}
        yield Row(f"{model} 64", figures, timings.ratio("float32", "mixed_bfloat16"), bound)


def augmentation(models, sizes):
    """A GAN's step through `fit` with `DiffAugment` of all images against none, at 64 x 64."""
    from keras_gen.layers import DiffAugment
    from keras_gen.layers.diff_augment import OPERATIONS

    if "gan" not in models:
        return
    case = workload("gan", 64)
    chosen = ("color,translation,cutout", *OPERATIONS)
    contestants = {"as they are": fits(case.compiled(), case.dataset())}
    for operations in chosen:
        model = case.compiled(augmentation=DiffAugment(operations, seed=0))
        contestants[operations] = fits(model, case.dataset())
    timings = in_turns(contestants)
    for operations in chosen:
        medians = (timings.medians[name] for name in (operations, "as they are"))
        names = ("augmented", "as they are")
        figures = dict(zip(names, map(_milliseconds, medians), strict=True))
        yield Row(operations, figures, timings.ratio(operations, "as they are"), "<= 1.05")


def generate(models, sizes, batches=16):
    """Images a second of `generate` and `translate` against calls of the network in a `tf.function`."""
    for size in sizes:
        for model in models:
            case = workload(model, size)
            made = case.compiled()
            network = case.benchmark.sampler(made)
            if case.benchmark.translates:
                (images, _), *_ = case.batches(1)
                inputs = np.concatenate([images] * (16 * batches // len(images)))
                ours, batch_size = functools.partial(made.translate, inputs), 16
                arguments = inputs
            else:
                latents = np.random.default_rng(0).standard_normal(
                    (128 * batches, case.options["latent_dim"]), dtype="float32"
                )
                labels = np.arange(len(latents), dtype="int32") % NUM_CLASSES
                labelled = case.benchmark.pipeline == "labelled"
                arguments = [latents, labels] if labelled else latents
                given = {"labels": labels} if labelled else {}
                ours, batch_size = functools.partial(made.generate, latents=latents, **given), 128
            theirs = functools.partial(_in_batches, tf.function(network), arguments, batch_size)
            timings = in_turns({"ours": calls(ours), "hand": calls(theirs)}, seconds=1.5)
            number = len(arguments[0]) if isinstance(arguments, list) else len(arguments)
            figures = {k: f"{number / s:,.0f} images/s" for k, s in timings.medians.items()}
            yield Row(f"{model} {size}", figures, timings.ratio("ours", "hand"))


def pixels(models, sizes, batch=1):
    """A pixel of `PixelCNN.generate`, one compiled loop, against one of a loop over `predict`.

    The latter runs the network over the whole map for each pixel, ours at the pixel alone.
    """
    from tests.benchmarks import pixel_loops

    for size in sizes:
        model = pixel_loops.build(size)
        latents = model.prior.draw(batch, seed=0)
        count = size * size
        timings = in_turns(
            {
                "predict": calls(functools.partial(pixel_loops.by_predict, model, latents, 1)),
                "ours": _by_pixel(model, latents, count),
            },
            seconds=2.0,
            least_rounds=3,
        )
        figures = {name: f"{1e3 * s:.2f} ms/pixel" for name, s in timings.medians.items()}
        name = f"pixel_cnn {size}, {batch} at once"
        yield Row(name, figures, timings.ratio("predict", "ours"), ">= 20")


def imports(models, sizes, rounds=5):
    """Seconds to import keras, and keras_gen with it."""
    scripts = {"keras": "import keras", "keras_gen": "import keras, keras_gen"}
    seconds = {name: [] for name in scripts}
    for _ in range(rounds):
        for name, script in scripts.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
            seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    figures = {name: f"{value:.2f} s" for name, value in medians.items()}
    yield Row("import", figures, medians["keras_gen"] / medians["keras"])


def memory(models, sizes):
    """Most memory that a process of three steps held: `fit` against the hand-written loop, at 64 x 64."""
    for model in models:
        peaks = {
            way: int(
                subprocess.run(
                    [sys.executable, "-m", "tests.benchmarks.peak_memory", model, way],
                    check=True,
                    capture_output=True,
                    text=True,
                ).stdout.split()[-1]
            )
            for way in ("fit", "hand")
        }
        figures = {way: f"{peak / 2**10:,.0f} MiB" for way, peak in peaks.items()}
        yield Row(f"{model} 64", figures, peaks["fit"] / peaks["hand"])


def pipelines(models, sizes):
    """Images a second of each pipeline, from memory, against what the training that it feeds takes.

    Whole passes over as many images as Fashion-MNIST and the emoji have, since each begins anew.
    """
    from keras_gen import data

    random = np.random.default_rng(0)

    def pictures(count, shape):
        return random.integers(256, size=(count, *shape), dtype="uint8")

    for size in sizes:
        for model in models:
            case = workload(model, size)
            count = {28: 60_000, 64: 3_000}[size]
            options = {"batch_size": case.options["batch_size"]}
            if case.benchmark.pipeline == "clips":
                pipeline, context = data.clips, case.options["context"]
                source = pictures(count // 20, (20, *case.shape))
                options |= {"context": context, "frames": context + case.options["frames"]}
            elif case.benchmark.translates:
                pipeline = getattr(data, case.benchmark.pipeline)
                source = (pictures(count, case.shape), pictures(count, case.shape))
                if case.benchmark.pipeline == "super_resolution":
                    source = source[0]
                options |= {"augment": ("crop", "flip"), "image_size": size}
            elif case.benchmark.pipeline == "labelled":
                pipeline = data.images
                source = (pictures(count, case.shape), random.integers(NUM_CLASSES, size=count))
                options["labels"] = True
            else:
                pipeline, source = data.images, pictures(count, case.shape)
            rate = _images_a_second(pipeline(source, **options), options["batch_size"])
            timings = step_timings(model, size)
            training = options["batch_size"] / timings.medians["fit"]
            figures = {
                "pipeline": f"{rate:,.0f} images/s",
                "training": f"{training:,.0f} images/s",
            }
            yield Row(f"{model} {size}", figures, rate / training, ">= 20")


PARTS = {
    "steps": steps,
    "torch": torch,
    "pages": pages,
    "shared": shared,
    "tracing": tracing,
    "precision": precision,
    "augmentation": augmentation,
    "generate": generate,
    "pixels": pixels,
    "imports": imports,
    "memory": memory,
    "pipelines": pipelines,
}


def _by_pixel(model, latents, count):
    """A contestant whose steps are pixels of whole pictures."""
    run = calls(functools.partial(model.generate, latents=latents, batch_size=len(latents)))
    return lambda steps: [seconds / count for seconds in run(max(1, steps // count))]


def _geometric_mean(ratios):
    return math.exp(statistics.mean(map(math.log, ratios)))


def _milliseconds(seconds):
    return f"{1e3 * seconds:.1f} ms"


def _hand_written(case, **options):
    step = case.hand_written(**options)
    iterator = iter(case.dataset())

    def one_step():
        batch = next(iterator)
        step(*(batch if isinstance(batch, tuple) else (batch,)))

    return calls(one_step)


def _first_fit(case):
    model, dataset = case.compiled(), case.dataset()
    start = now()
    model.fit(dataset, steps_per_epoch=1, verbose=0)
    return now() - start


def _first_hand_written_step(case):
    step = case.hand_written()
    batch = next(iter(case.dataset()))
    start = now()
    step(*batch)
    return now() - start


@contextlib.contextmanager
def _policy(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _in_batches(function, arguments, batch_size):
    arrays = arguments if isinstance(arguments, list) else [arguments]
    outputs = []
    for start in range(0, len(arrays[0]), batch_size):
        batch = [tf.convert_to_tensor(a[start : start + batch_size]) for a in arrays]
        outputs.append(function(batch if isinstance(arguments, list) else batch[0]).numpy())
    return np.concatenate(outputs)


def _images_a_second(dataset, batch_size, seconds=1.5):
    """Of whole passes, after a first one."""
    for _ in dataset:
        pass
    rates = []
    end = now() + seconds
    while now() < end:
        start, count = now(), 0
        for _ in dataset:
            count += batch_size
        rates.append(count / (now() - start))
    return statistics.median(rates)
