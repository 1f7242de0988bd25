"""How a conditional GAN is timed."""

import keras
import tensorflow as tf
from keras import layers

import keras_gen
from keras_gen import networks
from keras_gen.layers import LabelMap
from tests.benchmarks.benchmark import NUM_CLASSES, Benchmark, Page, of
from tests.benchmarks.hand_written import (
    Average,
    Latents,
    apply,
    built,
    non_saturating_discriminator_loss,
    non_saturating_generator_loss,
)


def networks_of(shape, options):
    filters = options["base_filters"]
    return {
        "generator": networks.conditional_dcgan_generator(
            shape, NUM_CLASSES, options["latent_dim"], "one_hot", filters, seed=0
        ),
        "discriminator": networks.conditional_dcgan_discriminator(
            shape, NUM_CLASSES, "one_hot", base_filters=filters, seed=1
        ),
    }


def model_of(nets, options):
    return keras_gen.ConditionalGAN(
        **nets, num_classes=NUM_CLASSES, **of(options, "latent_dim", "ema_decay")
    )


def step_of(nets, optimizers, options, seed=0, share_forward=True):
    generator, discriminator = nets["generator"], nets["discriminator"]
    generator_optimizer, discriminator_optimizer = built(optimizers, [generator, discriminator])
    draw = Latents(options["latent_dim"], seed)
    average = Average(generator, options["ema_decay"])

    @tf.function
    def step(reals, labels):
        count = tf.shape(reals)[0]
        with tf.GradientTape() as generator_tape:
            fakes = generator([draw(count), labels], training=True)
        with tf.GradientTape() as tape:
            discriminator_loss = non_saturating_discriminator_loss(
                discriminator([reals, labels], training=True),
                discriminator([tf.stop_gradient(fakes), labels], training=True),
            )
        apply(tape, discriminator_loss, discriminator_optimizer, discriminator)

        if not share_forward:
            with tf.GradientTape() as generator_tape:
                fakes = generator([draw(count), labels], training=True)
                logits = discriminator([fakes, labels], training=True)
                generator_loss = non_saturating_generator_loss(logits)
            apply(generator_tape, generator_loss, generator_optimizer, generator)
        else:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(fakes)
                logits = discriminator([fakes, labels], training=True)
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
    latents, label = keras.Input((128,)), keras.Input((), dtype="int32")
    code = layers.CategoryEncoding(NUM_CLASSES, output_mode="one_hot")(layers.Reshape((1,))(label))
    width = 128 + NUM_CLASSES
    x = layers.LeakyReLU(0.2)(layers.Dense(7 * 7 * width)(layers.Concatenate()([latents, code])))
    x = layers.Reshape((7, 7, width))(x)
    for _ in range(2):
        x = layers.LeakyReLU(0.2)(layers.Conv2DTranspose(128, 4, 2, "same")(x))
    image = layers.Conv2D(1, 7, padding="same", activation="tanh")(x)

    images = keras.Input(shape)
    x = LabelMap(NUM_CLASSES)([images, label])
    for filters in (64, 128):
        x = layers.LeakyReLU(0.2)(layers.Conv2D(filters, 3, 2, "same")(x))
    logits = layers.Dense(1)(layers.GlobalMaxPooling2D()(x))
    return {
        "generator": keras.Model([latents, label], image),
        "discriminator": keras.Model([images, label], logits),
    }


BENCHMARK = Benchmark(
    networks=networks_of,
    model=model_of,
    hand_written=step_of,
    pipeline="labelled",
    compile_options={"share_forward": True},
    sampler=lambda model: model.sampler,
    page=Page(28, {"batch_size": 64, "latent_dim": 128}, page_networks),
)
