"""How a Pix2Pix is timed."""

import tensorflow as tf

import keras_gen
from keras_gen import networks
from tests.benchmarks.benchmark import Benchmark, Page
from tests.benchmarks.hand_written import (
    apply,
    built,
    non_saturating_discriminator_loss,
    non_saturating_generator_loss,
)


def networks_of(shape, options):
    filters = options["base_filters"]
    return {
        "generator": networks.unet_generator(
            shape, shape[-1], filters, normalization="instance", seed=0
        ),
        "discriminator": networks.patch_discriminator(shape, shape, base_filters=filters, seed=1),
    }


def model_of(nets, options):
    return keras_gen.Pix2Pix(**nets)


def step_of(nets, optimizers, options, seed=0):
    generator, discriminator = nets["generator"], nets["discriminator"]
    generator_optimizer, discriminator_optimizer = built(optimizers, [generator, discriminator])

    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as generator_tape:
            fakes = generator(inputs, training=True)
        with tf.GradientTape() as tape:
            discriminator_loss = 0.5 * non_saturating_discriminator_loss(
                discriminator([inputs, targets], training=True),
                discriminator([inputs, tf.stop_gradient(fakes)], training=True),
            )
        apply(tape, discriminator_loss, discriminator_optimizer, discriminator)

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fakes)
            logits = discriminator([inputs, fakes], training=True)
            distance = tf.reduce_mean(tf.abs(targets - fakes))
            generator_loss = non_saturating_generator_loss(logits) + 100.0 * distance
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
    pipeline="paired",
    sampler=lambda model: model.generator,
    # The page's images are larger: this package's networks with as many filters.
    page=Page(64, {"batch_size": 16, "base_filters": 64}),
)
