"""How a CycleGAN is timed."""

import tensorflow as tf

import keras_gen
from keras_gen import networks
from keras_gen.layers import ImagePool
from tests.benchmarks.benchmark import Benchmark, Page


def networks_of(shape, options):
    filters = options["base_filters"]
    generators = {
        f"generator_{direction}": networks.resnet_generator(
            shape, shape[-1], filters, options.get("blocks"), seed=seed
        )
        for seed, direction in enumerate(("ab", "ba"))
    }
    discriminators = {
        f"discriminator_{domain}": networks.patch_discriminator(
            shape, base_filters=filters, seed=seed
        )
        for seed, domain in enumerate("ab", start=2)
    }
    return generators | discriminators


def model_of(nets, options):
    return keras_gen.CycleGAN(**nets)


def step_of(nets, optimizers, options, seed=0):
    ab, ba = nets["generator_ab"], nets["generator_ba"]
    judge_a, judge_b = nets["discriminator_a"], nets["discriminator_b"]
    generator_weights = ab.trainable_weights + ba.trainable_weights
    discriminator_weights = judge_a.trainable_weights + judge_b.trainable_weights
    generator_optimizer, discriminator_optimizer = optimizers
    generator_optimizer.build(generator_weights)
    discriminator_optimizer.build(discriminator_weights)
    pool_a, pool_b = ImagePool(50, seed=seed), ImagePool(50, seed=seed + 1)
    pool_a.build((None, *ba.output_shape[1:]))
    pool_b.build((None, *ab.output_shape[1:]))

    def l1(first, second):
        return tf.reduce_mean(tf.abs(first - second))

    def half_discriminator_loss(judge, reals, fakes):
        real_logits, fake_logits = judge(reals, training=True), judge(fakes, training=True)
        return 0.5 * (tf.reduce_mean((real_logits - 1.0) ** 2) + tf.reduce_mean(fake_logits**2))

    @tf.function
    def step(a, b):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([variable.value for variable in generator_weights])
            fakes_b, fakes_a = ab(a, training=True), ba(b, training=True)
            cycle = l1(a, ba(fakes_b, training=True)) + l1(b, ab(fakes_a, training=True))
            adversarial = tf.reduce_mean(
                (judge_b(fakes_b, training=True) - 1.0) ** 2
            ) + tf.reduce_mean((judge_a(fakes_a, training=True) - 1.0) ** 2)
            identity = l1(b, ab(b, training=True)) + l1(a, ba(a, training=True))
            generator_loss = adversarial + 10.0 * cycle + 5.0 * identity
        gradients = tape.gradient(generator_loss, [v.value for v in generator_weights])
        generator_optimizer.apply_gradients(zip(gradients, generator_weights, strict=True))

        fakes_a, fakes_b = pool_a(fakes_a), pool_b(fakes_b)
        with tf.GradientTape() as tape:
            discriminator_loss = half_discriminator_loss(
                judge_a, a, fakes_a
            ) + half_discriminator_loss(judge_b, b, fakes_b)
        gradients = tape.gradient(discriminator_loss, discriminator_weights)
        discriminator_optimizer.apply_gradients(zip(gradients, discriminator_weights, strict=True))
        return generator_loss, discriminator_loss

    return step


BENCHMARK = Benchmark(
    networks=networks_of,
    model=model_of,
    hand_written=step_of,
    pipeline="unpaired",
    sampler=lambda model: model.generator_ab,
    seeded=lambda model: [model.pool_a.seed_generator, model.pool_b.seed_generator],
    # The page's images are larger: this package's networks with as many filters and blocks.
    page=Page(64, {"batch_size": 1, "base_filters": 64, "blocks": 9}),
    small_rate=0.002,  # Its losses weigh ten times as much, and so does the rounding of their sums.
    traces_long=True,
)
