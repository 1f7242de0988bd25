"""What a family brings to be timed, and its example page."""

import dataclasses
from collections.abc import Callable

NUM_CLASSES = 10


@dataclasses.dataclass(frozen=True)
class Page:
    """One of Keras's example pages. Their generators are heavier than the recipes'.

    It is the layers as they stand there, but for a tanh or logits at the end.

    Args:
        size: Integer, of its images.
        options: Dict, what differs from the recipe.
        networks: Callable `(shape, options) -> dict` of new networks; None for the recipe's, with these
            options. With one, `torch_loop.py` has the same networks as `page_networks()`.
    """

    size: int
    options: dict
    networks: Callable | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Benchmark:
    """How a family is timed.

    Args:
        networks: Callable `(shape, options) -> dict` of the recipe's networks, the same weights each time.
        model: Callable `(networks, options) -> model`, not compiled.
        hand_written: Callable `(networks, optimizers, options, seed=0) -> step`: the training step as one
            would write it by hand. If the model is compiled with `share_forward`, it takes that, too.
        sampler: Callable `model -> network` that `generate` or `translate` calls.
        pipeline: String, what a batch is: `"images"`, `"labelled"` images, `"paired"`, `"unpaired"`,
            `"super_resolution"` or `"clips"`.
        betas: Pair of floats, of Adam, or None where there is one optimizer, with Keras's own.
        compile_options: Dict, what `compile` takes beside the optimizers and the recipe's loss.
        seeded: Callable `model -> list` of the seed generators that a step draws from.
        page: `Page` or None.
        small: Dict of options for the test that the step by hand does what `fit` does.
        small_rate: Float, the learning rate of that test.
        traces_long: Boolean: whether to time the first step, too, which is all tracing.
    """

    networks: Callable
    model: Callable
    hand_written: Callable
    sampler: Callable
    pipeline: str = "images"
    betas: tuple | None = (0.5, 0.999)
    compile_options: dict = dataclasses.field(default_factory=dict)
    seeded: Callable = lambda model: [model.seed_generator]
    page: Page | None = None
    small: dict = dataclasses.field(default_factory=dict)
    small_rate: float = 0.01
    traces_long: bool = False

    @property
    def shares_forward(self):
        """Whether one pass of the generator serves both networks, where it can have two."""
        return self.compile_options.get("share_forward", False)

    @property
    def translates(self):
        """Whether it makes images of images, or frames of frames."""
        return self.pipeline in ("paired", "unpaired", "super_resolution", "clips")


def of(options, *names):
    """Those of the options, where there are such."""
    return {name: options[name] for name in names if name in options}
