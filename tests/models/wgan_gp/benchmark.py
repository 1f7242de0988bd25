"""How a Wasserstein GAN is timed."""

import keras
import tensorflow as tf
from keras import layers

import keras_gen
from keras_gen import networks
from tests.benchmarks.benchmark import Benchmark, Page, of
from tests.benchmarks.hand_written import Average, Latents, apply, built


def networks_of(shape, options):
    filters = options["base_filters"]
    return {
        "generator": networks.dcgan_generator(shape, options["latent_dim"], filters, seed=0),
        "discriminator": networks.dcgan_discriminator(
            shape, filters, normalization="layer", seed=1
        ),
    }


def model_of(nets, options):
    return keras_gen.WGANGP(**nets, **of(options, "latent_dim", "n_critic", "ema_decay"))


def step_of(nets, optimizers, options, seed=0):
    generator, critic = nets["generator"], nets["discriminator"]
    generator_optimizer, critic_optimizer = built(optimizers, [generator, critic])
    draw = Latents(options["latent_dim"], seed)
    average = Average(generator, options["ema_decay"])
    n_critic = options["n_critic"]

    def critic_loss(reals, fakes, epsilon):
        loss = tf.reduce_mean(critic(fakes, training=True)) - tf.reduce_mean(
            critic(reals, training=True)
        )
        between = epsilon * reals + (1.0 - epsilon) * fakes
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(between)
            scores = critic(between, training=True)
        gradient = tape.gradient(scores, between)
        norms = tf.sqrt(tf.reduce_sum(gradient**2, axis=(1, 2, 3)) + 1e-12)
        return loss + 10.0 * tf.reduce_mean((norms - 1.0) ** 2)

    @tf.function
    def step(images):
        count = tf.shape(images)[0] // n_critic
        for part in range(n_critic):
            reals = images[part * count : (part + 1) * count]
            fakes = generator(draw(count), training=True)
            epsilon = keras.random.uniform((count, 1, 1, 1), seed=draw.seed_generator)
            with tf.GradientTape() as tape:
                loss = critic_loss(reals, fakes, epsilon)
            apply(tape, loss, critic_optimizer, critic)
        with tf.GradientTape() as tape:
            scores = critic(generator(draw(count), training=True), training=True)
            generator_loss = -tf.reduce_mean(scores)
        apply(tape, generator_loss, generator_optimizer, generator)
        average.update(generator_optimizer.iterations)
        return loss, generator_loss

    return step


def page_networks(shape, options):
    def upsampled(filters, activation):
        return [
            layers.UpSampling2D(),
            layers.Conv2D(filters, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            activation,
        ]

    def strided(filters):
        return [layers.Conv2D(filters, 5, 2, "same"), layers.LeakyReLU(0.2)]

    generator = [
        keras.Input((128,)),
        layers.Dense(4096, use_bias=False),
        layers.BatchNormalization(),
        layers.LeakyReLU(0.2),
        layers.Reshape((4, 4, 256)),
        *upsampled(128, layers.LeakyReLU(0.2)),
        *upsampled(64, layers.LeakyReLU(0.2)),
        *upsampled(1, layers.Activation("tanh")),
        layers.Cropping2D(2),
    ]
    critic = [
        keras.Input(shape),
        layers.ZeroPadding2D(2),
        *strided(64),
        *strided(128),
        layers.Dropout(0.3),
        *strided(256),
        layers.Dropout(0.3),
        *strided(512),
        layers.Flatten(),
        layers.Dropout(0.2),
        layers.Dense(1),
    ]
    return {"generator": keras.Sequential(generator), "discriminator": keras.Sequential(critic)}


BENCHMARK = Benchmark(
    networks=networks_of,
    model=model_of,
    hand_written=step_of,
    betas=(0.0, 0.99),
    sampler=lambda model: model.sampler,
    page=Page(28, {"batch_size": 3 * 128, "latent_dim": 128, "n_critic": 3}, page_networks),
    small={"batch_size": 8, "n_critic": 2},
)
