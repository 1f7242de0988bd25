"""How an Inpainting is timed, with boxes for holes."""

import keras
import tensorflow as tf

import keras_gen
from keras_gen import networks
from tests.benchmarks.benchmark import Benchmark, of
from tests.benchmarks.hand_written import Average, apply, built

WEIGHTS = ("hole_weight", "known_weight", "adversarial_weight")


def networks_of(shape, options):
    *size, channels = shape
    filters = options["base_filters"]
    return {
        "generator": networks.gated_unet_generator(
            (*size, channels + 1), channels, filters, gates=options["gates"], seed=0
        ),
        "discriminator": networks.patch_discriminator(
            (*size, 1), shape, base_filters=filters // 2, normalization="spectral", seed=1
        ),
    }


def model_of(nets, options):
    return keras_gen.Inpainting(**nets, holes="box", **of(options, *WEIGHTS, "ema_decay"))


def boxes(draws, size):
    """A quarter to a half of each side, anywhere."""
    inside = []
    for axis, side in enumerate(size):
        share, place = draws[:, 2 * axis], draws[:, 2 * axis + 1]
        length = tf.round((0.25 + 0.25 * share) * side)
        start = tf.floor(place * (side - length + 1))
        at = tf.range(side, dtype=tf.float32)[None]
        inside.append((at >= start[:, None]) & (at < (start + length)[:, None]))
    return tf.cast(inside[0][:, :, None, None] & inside[1][:, None, :, None], tf.float32)


def mean_within(differences, masks):
    shares = tf.reduce_sum(differences * masks, (1, 2, 3)) / tf.reduce_sum(masks, (1, 2, 3))
    return tf.reduce_mean(shares)


def step_of(nets, optimizers, options, seed=0):
    generator, discriminator = nets["generator"], nets["discriminator"]
    generator_optimizer, discriminator_optimizer = built(optimizers, [generator, discriminator])
    seed_generator = keras.random.SeedGenerator(seed)
    average = Average(generator, options["ema_decay"])
    hole_weight, known_weight, adversarial_weight = (options[name] for name in WEIGHTS)

    @tf.function
    def step(images):
        draws = keras.random.uniform((tf.shape(images)[0], 57), seed=seed_generator)
        masks = boxes(draws[:, 1:], images.shape[1:3])
        known = images * (1.0 - masks)
        with tf.GradientTape() as generator_tape:
            outputs = generator(tf.concat([known, masks], -1), training=True)
            filled = known + outputs * masks
        with tf.GradientTape() as tape:
            real_logits = discriminator([masks, images], training=True)
            fake_logits = discriminator([masks, tf.stop_gradient(filled)], training=True)
            discriminator_loss = tf.reduce_mean(tf.nn.relu(1.0 - real_logits))
            discriminator_loss += tf.reduce_mean(tf.nn.relu(1.0 + fake_logits))
        apply(tape, discriminator_loss, discriminator_optimizer, discriminator)

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(outputs)
            differences = tf.reduce_mean(tf.abs(images - outputs), -1, keepdims=True)
            logits = discriminator([masks, known + outputs * masks], training=True)
            generator_loss = (
                hole_weight * mean_within(differences, masks)
                + known_weight * mean_within(differences, 1.0 - masks)
                - adversarial_weight * tf.reduce_mean(logits)
            )
        weights = generator.trainable_weights
        gradients = generator_tape.gradient(
            outputs, weights, output_gradients=tape.gradient(generator_loss, outputs)
        )
        generator_optimizer.apply_gradients(zip(gradients, weights, strict=True))
        average.update(generator_optimizer.iterations)
        return discriminator_loss, generator_loss

    return step


BENCHMARK = Benchmark(
    networks=networks_of,
    model=model_of,
    hand_written=step_of,
    sampler=lambda model: model.generator,
    small={"base_filters": 8},
    small_rate=0.01,
)
