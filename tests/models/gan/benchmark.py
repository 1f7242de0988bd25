"""How a GAN is timed."""

import keras
import tensorflow as tf
from keras import layers

import keras_gen
from keras_gen import networks
from tests.benchmarks.benchmark import Benchmark, Page, of
from tests.benchmarks.hand_written import (
    Average,
    Latents,
    apply,
    built,
    non_saturating_discriminator_loss,
    non_saturating_generator_loss,
)


def networks_of(shape, options):
    return {
        "generator": networks.dcgan_generator(
            shape, options["latent_dim"], options["base_filters"], seed=0
        ),
        "discriminator": networks.dcgan_discriminator(shape, options["base_filters"], seed=1),
    }


def model_of(nets, options):
    return keras_gen.GAN(**nets, **of(options, "latent_dim", "ema_decay"))


def step_of(nets, optimizers, options, seed=0, share_forward=True):
    generator, discriminator = nets["generator"], nets["discriminator"]
    generator_optimizer, discriminator_optimizer = built(optimizers, [generator, discriminator])
    draw = Latents(options["latent_dim"], seed)
    average = Average(generator, options["ema_decay"])

    @tf.function
    def step(reals):
        count = tf.shape(reals)[0]
        with tf.GradientTape() as generator_tape:
            fakes = generator(draw(count), training=True)
        with tf.GradientTape() as tape:
            discriminator_loss = non_saturating_discriminator_loss(
                discriminator(reals, training=True),
                discriminator(tf.stop_gradient(fakes), training=True),
            )
        apply(tape, discriminator_loss, discriminator_optimizer, discriminator)

        if not share_forward:
            with tf.GradientTape() as generator_tape:
                fakes = generator(draw(count), training=True)
                logits = discriminator(fakes, training=True)
                generator_loss = non_saturating_generator_loss(logits)
            apply(generator_tape, generator_loss, generator_optimizer, generator)
        else:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(fakes)
                logits = discriminator(fakes, training=True)
                generator_loss = non_saturating_generator_loss(logits)
            weights = generator.trainable_weights
            gradients = generator_tape.gradient(
                fakes, weights, output_gradients=tape.gradient(generator_loss, fakes)
            )
            generator_optimizer.apply_gradients(zip(gradients, weights, strict=True))
        average.update(generator_optimizer.iterations)
        return discriminator_loss, generator_loss

    return step


def page_networks(shape, options):
    generator = [keras.Input((128,)), layers.Dense(8192), layers.Reshape((8, 8, 128))]
    for filters in (128, 256, 512):
        generator += [layers.Conv2DTranspose(filters, 4, 2, "same"), layers.LeakyReLU(0.2)]
    discriminator = [keras.Input(shape)]
    for filters in (64, 128, 128):
        discriminator += [layers.Conv2D(filters, 4, 2, "same"), layers.LeakyReLU(0.2)]
    discriminator += [layers.Flatten(), layers.Dropout(0.2), layers.Dense(1)]
    return {
        "generator": keras.Sequential(
            [*generator, layers.Conv2D(3, 5, padding="same", activation="tanh")]
        ),
        "discriminator": keras.Sequential(discriminator),
    }


BENCHMARK = Benchmark(
    networks=networks_of,
    model=model_of,
    hand_written=step_of,
    compile_options={"share_forward": True},
    sampler=lambda model: model.sampler,
    page=Page(64, {"batch_size": 32, "latent_dim": 128}, page_networks),
)
