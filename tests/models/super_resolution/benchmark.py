"""How a SuperResolution is timed: the recipe's, which has no discriminator."""

import tensorflow as tf

import keras_gen
from keras_gen import networks
from tests.benchmarks.benchmark import Benchmark
from tests.benchmarks.hand_written import apply, built


def networks_of(shape, options):
    return {
        "generator": networks.edsr_generator(
            (None, None, shape[-1]),
            options["factor"],
            options["base_filters"],
            options["blocks"],
            seed=0,
        )
    }


def model_of(nets, options):
    return keras_gen.SuperResolution(**nets, reconstruction=options["reconstruction"])


def step_of(nets, optimizers, options, seed=0):
    generator = nets["generator"]
    (optimizer,) = built(optimizers, [generator])

    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.abs(targets - generator(inputs, training=True)))
        apply(tape, loss, optimizer, generator)
        return (loss,)

    return step


BENCHMARK = Benchmark(
    networks=networks_of,
    model=model_of,
    hand_written=step_of,
    pipeline="super_resolution",
    betas=None,
    sampler=lambda model: model.generator,
    small={"blocks": 1, "factor": 2},
)
