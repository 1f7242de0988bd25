"""The training step of each model as one would write it by hand: a `tf.function` with gradient tapes.

Each function takes networks, Keras optimizers and the recipe's options, and returns a step that takes a
batch and returns its losses. The maths are those of `keras_gen`'s models, and so is the noise, draw by
draw, so that from the same seed both end at the same weights: `tests/test_benchmarks.py` holds it.
"""

import keras
import tensorflow as tf

from keras_gen.layers import ImagePool


def gan(networks, optimizers, options, seed=0, share_forward=True):
    generator, discriminator = networks["generator"], networks["discriminator"]
    generator_optimizer, discriminator_optimizer = _built(optimizers, [generator, discriminator])
    draw = _Latents(options["latent_dim"], seed)
    average = _Average(generator, options["ema_decay"])

    @tf.function
    def step(reals):
        count = tf.shape(reals)[0]
        with tf.GradientTape() as generator_tape:
            fakes = generator(draw(count), training=True)
        with tf.GradientTape() as tape:
            discriminator_loss = _non_saturating_discriminator_loss(
                discriminator(reals, training=True),
                discriminator(tf.stop_gradient(fakes), training=True),
            )
        _apply(tape, discriminator_loss, discriminator_optimizer, discriminator)

        if not share_forward:
            with tf.GradientTape() as generator_tape:
                fakes = generator(draw(count), training=True)
                logits = discriminator(fakes, training=True)
                generator_loss = _non_saturating_generator_loss(logits)
            _apply(generator_tape, generator_loss, generator_optimizer, generator)
        else:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(fakes)
                logits = discriminator(fakes, training=True)
                generator_loss = _non_saturating_generator_loss(logits)
            weights = generator.trainable_weights
            gradients = generator_tape.gradient(
                fakes, weights, output_gradients=tape.gradient(generator_loss, fakes)
            )
            generator_optimizer.apply_gradients(zip(gradients, weights, strict=True))
        average.update(generator_optimizer.iterations)
        return discriminator_loss, generator_loss

    return step


def conditional_gan(networks, optimizers, options, seed=0, share_forward=True):
    generator, discriminator = networks["generator"], networks["discriminator"]
    generator_optimizer, discriminator_optimizer = _built(optimizers, [generator, discriminator])
    draw = _Latents(options["latent_dim"], seed)
    average = _Average(generator, options["ema_decay"])

    @tf.function
    def step(reals, labels):
        count = tf.shape(reals)[0]
        with tf.GradientTape() as generator_tape:
            fakes = generator([draw(count), labels], training=True)
        with tf.GradientTape() as tape:
            discriminator_loss = _non_saturating_discriminator_loss(
                discriminator([reals, labels], training=True),
                discriminator([tf.stop_gradient(fakes), labels], training=True),
            )
        _apply(tape, discriminator_loss, discriminator_optimizer, discriminator)

        if not share_forward:
            with tf.GradientTape() as generator_tape:
                fakes = generator([draw(count), labels], training=True)
                logits = discriminator([fakes, labels], training=True)
                generator_loss = _non_saturating_generator_loss(logits)
            _apply(generator_tape, generator_loss, generator_optimizer, generator)
        else:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(fakes)
                logits = discriminator([fakes, labels], training=True)
                generator_loss = _non_saturating_generator_loss(logits)
            weights = generator.trainable_weights
            gradients = generator_tape.gradient(
                fakes, weights, output_gradients=tape.gradient(generator_loss, fakes)
            )
            generator_optimizer.apply_gradients(zip(gradients, weights, strict=True))
        average.update(generator_optimizer.iterations)
        return discriminator_loss, generator_loss

    return step


def wgan_gp(networks, optimizers, options, seed=0):
    generator, critic = networks["generator"], networks["discriminator"]
    generator_optimizer, critic_optimizer = _built(optimizers, [generator, critic])
    draw = _Latents(options["latent_dim"], seed)
    average = _Average(generator, options["ema_decay"])
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
            _apply(tape, loss, critic_optimizer, critic)
        with tf.GradientTape() as tape:
            scores = critic(generator(draw(count), training=True), training=True)
            generator_loss = -tf.reduce_mean(scores)
        _apply(tape, generator_loss, generator_optimizer, generator)
        average.update(generator_optimizer.iterations)
        return loss, generator_loss

    return step


def vae(networks, optimizers, options, seed=0):
    encoder, decoder = networks["encoder"], networks["decoder"]
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


def pix2pix(networks, optimizers, options, seed=0):
    generator, discriminator = networks["generator"], networks["discriminator"]
    generator_optimizer, discriminator_optimizer = _built(optimizers, [generator, discriminator])

    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as generator_tape:
            fakes = generator(inputs, training=True)
        with tf.GradientTape() as tape:
            discriminator_loss = 0.5 * _non_saturating_discriminator_loss(
                discriminator([inputs, targets], training=True),
                discriminator([inputs, tf.stop_gradient(fakes)], training=True),
            )
        _apply(tape, discriminator_loss, discriminator_optimizer, discriminator)

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fakes)
            logits = discriminator([inputs, fakes], training=True)
            distance = tf.reduce_mean(tf.abs(targets - fakes))
            generator_loss = _non_saturating_generator_loss(logits) + 100.0 * distance
        weights = generator.trainable_weights
        gradients = generator_tape.gradient(
            fakes, weights, output_gradients=tape.gradient(generator_loss, fakes)
        )
        generator_optimizer.apply_gradients(zip(gradients, weights, strict=True))
        return discriminator_loss, generator_loss

    return step


def cycle_gan(networks, optimizers, options, seed=0):
    ab, ba = networks["generator_ab"], networks["generator_ba"]
    judge_a, judge_b = networks["discriminator_a"], networks["discriminator_b"]
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


STEPS = {
    "gan": gan,
    "wgan_gp": wgan_gp,
    "conditional_gan": conditional_gan,
    "vae": vae,
    "pix2pix": pix2pix,
    "cycle_gan": cycle_gan,
}


def _built(optimizers, networks):
    for optimizer, network in zip(optimizers, networks, strict=True):
        optimizer.build(network.trainable_weights)
    return optimizers


def _apply(tape, loss, optimizer, network):
    gradients = tape.gradient(loss, network.trainable_weights)
    optimizer.apply_gradients(zip(gradients, network.trainable_weights, strict=True))


def _cross_entropy(logits, label):
    labels = tf.fill(tf.shape(logits), label)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits))


def _non_saturating_discriminator_loss(real_logits, fake_logits):
    return _cross_entropy(real_logits, 1.0) + _cross_entropy(fake_logits, 0.0)


def _non_saturating_generator_loss(fake_logits):
    return _cross_entropy(fake_logits, 1.0)


class _Latents:
    def __init__(self, latent_dim, seed):
        self.latent_dim = latent_dim
        self.seed_generator = keras.random.SeedGenerator(seed)

    def __call__(self, count):
        return keras.random.normal((count, self.latent_dim), seed=self.seed_generator)


class _Average:
    """Moving average of a generator: the weights averaged, the BatchNorm statistics copied."""

    def __init__(self, network, decay):
        self.network, self.decay = network, decay
        self.clone = keras.models.clone_model(network)
        self.clone.set_weights(network.get_weights())

    def update(self, step):
        step = tf.cast(step.value, tf.float32)
        rate = 1.0 - tf.minimum(self.decay, (1.0 + step) / (10.0 + step))
        for mean, variable in zip(self.clone.weights, self.network.weights, strict=True):
            if variable.trainable:
                mean.assign(mean.value + rate * (variable.value - mean.value))
            else:
                mean.assign(variable.value)
