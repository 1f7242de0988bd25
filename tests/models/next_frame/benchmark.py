"""How a NextFrame is timed: with a discriminator, on the next frame."""

import tensorflow as tf

import keras_gen
from keras_gen import networks
from tests.benchmarks.benchmark import Benchmark
from tests.benchmarks.hand_written import (
    apply,
    built,
    non_saturating_discriminator_loss,
    non_saturating_generator_loss,
)


def networks_of(shape, options):
    height, width, channels = shape
    filters, context = options["base_filters"], options["context"]
    return {
        "generator": networks.frame_predictor(
            shape, context, filters, options["blocks"], options["patch_size"], seed=0
        ),
        "discriminator": networks.patch_discriminator(
            (height, width, context * channels), shape, base_filters=max(filters // 2, 1), seed=1
        ),
    }


def model_of(nets, options):
    return keras_gen.NextFrame(**nets)


def steps(images):
    return images[:, 1:] - images[:, :-1], images[:, :, 1:] - images[:, :, :-1]


def step_of(nets, optimizers, options, seed=0):
    generator, discriminator = nets["generator"], nets["discriminator"]
    generator_optimizer, discriminator_optimizer = built(optimizers, [generator, discriminator])

    @tf.function
    def step(context, targets):
        known = tf.concat(tf.unstack(context, axis=1), axis=-1)
        frames = targets[:, 0]
        with tf.GradientTape() as generator_tape:
            fakes = generator(known, training=True)
        with tf.GradientTape() as tape:
            discriminator_loss = 0.5 * non_saturating_discriminator_loss(
                discriminator([known, frames], training=True),
                discriminator([known, tf.stop_gradient(fakes)], training=True),
            )
        apply(tape, discriminator_loss, discriminator_optimizer, discriminator)

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fakes)
            logits = discriminator([known, fakes], training=True)
            generator_loss = tf.reduce_mean((frames - fakes) ** 2)
            for real, made in zip(steps(frames), steps(fakes), strict=True):
                generator_loss += tf.reduce_mean(tf.abs(tf.abs(real) - tf.abs(made)))
            generator_loss += 0.05 * non_saturating_generator_loss(logits)
        weights = generator.trainable_weights
        gradients = generator_tape.gradient(
            fakes, weights, output_gradients=tape.gradient(generator_loss, fakes)
        )
        generator_optimizer.apply_gradients(zip(gradients, weights, strict=True))
        return discriminator_loss, generator_loss

    return step


BENCHMARK = Benchmark(
    networks=networks_of,
    model=model_of,
    hand_written=step_of,
    pipeline="clips",
    # The recipe's `loss` is the distance.
    compile_options={"loss": "non_saturating"},
    sampler=lambda model: model.network_of(1),
    small={"blocks": 1},
)
