"""How a VAE is timed."""

import keras
import tensorflow as tf
from keras import layers

import keras_gen
from keras_gen import networks
from tests.benchmarks.benchmark import Benchmark, Page, of


def networks_of(shape, options):
    sizes = options["latent_dim"], options["base_filters"]
    return {
        "encoder": networks.conv_encoder(shape, *sizes, seed=0),
        "decoder": networks.conv_decoder(shape, *sizes, seed=1),
    }


def model_of(nets, options):
    return keras_gen.VAE(**nets, **of(options, "latent_dim", "beta"))


def step_of(nets, optimizers, options, seed=0):
    encoder, decoder = nets["encoder"], nets["decoder"]
    weights = encoder.trainable_weights + decoder.trainable_weights
    (optimizer,) = optimizers
    optimizer.build(weights)
    seed_generator = keras.random.SeedGenerator(seed)

    @tf.function
    def step(images):
        with tf.GradientTape() as tape:
            mean, log_variance = encoder(images, training=True)
            noise = keras.random.normal(tf.shape(mean), seed=seed_generator)
            logits = decoder(mean + tf.exp(0.5 * log_variance) * noise, training=True)
            white = 0.5 * (images + 1.0)
            log_likelihood = tf.reduce_sum(white * logits - tf.nn.softplus(logits), axis=(1, 2, 3))
            kl = 0.5 * tf.reduce_sum(mean**2 + tf.math.expm1(log_variance) - log_variance, axis=1)
            loss = tf.reduce_mean(options["beta"] * kl - log_likelihood)
        gradients = tape.gradient(loss, weights)
        optimizer.apply_gradients(zip(gradients, weights, strict=True))
        return (loss,)

    return step


def page_networks(shape, options):
    images = keras.Input(shape)
    x = images
    for filters in (32, 64):
        x = layers.Conv2D(filters, 3, 2, "same", activation="relu")(x)
    x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
    decoder = [
        keras.Input((2,)),
        layers.Dense(3136, activation="relu"),
        layers.Reshape((7, 7, 64)),
        layers.Conv2DTranspose(64, 3, 2, "same", activation="relu"),
        layers.Conv2DTranspose(32, 3, 2, "same", activation="relu"),
        layers.Conv2DTranspose(1, 3, padding="same"),
    ]
    return {
        "encoder": keras.Model(images, [layers.Dense(2)(x), layers.Dense(2)(x)]),
        "decoder": keras.Sequential(decoder),
    }


BENCHMARK = Benchmark(
    networks=networks_of,
    model=model_of,
    hand_written=step_of,
    betas=None,
    sampler=lambda model: model.decoder,
    page=Page(28, {"batch_size": 128, "latent_dim": 2}, page_networks),
)
