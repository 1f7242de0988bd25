"""Two replicas on one machine: run by test_tensorflow_training.py, since devices must be set up first."""

import json

import keras
import numpy as np
import tensorflow as tf

from tests.cases import build_gan, images
from tests.core.toys import Game, factor, scale


def numbers(per_replica):
    return [np.asarray(value).ravel().tolist() for value in per_replica.values]


def main():
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    results = {"replicas": strategy.num_replicas_in_sync}
    keras.utils.set_random_seed(0)

    with strategy.scope():
        gan = build_gan(ema_decay=0.5)
        gan.compile()
    sample = tf.function(lambda: strategy.run(lambda: gan.sample_latents(2)))
    results["draws"] = [numbers(sample()) for _ in range(2)]
    results["history"] = gan.fit(images(8), batch_size=8, epochs=2, verbose=0).history
    results["copies"] = [
        [np.asarray(copy).ravel().tolist() for copy in strategy.experimental_local_results(v.value)]
        for v in [gan.generator.trainable_variables[0], gan.seed_generator.state]
    ]

    latents = np.linspace(-1.0, 1.0, 5 * gan.latent_dim, dtype="float32").reshape(5, -1)
    results["generated"] = gan.generate(latents=latents).tolist()
    results["called"] = np.asarray(gan.sampler(latents, training=False)).tolist()

    with strategy.scope():
        game = Game(scale(2.0), scale(3.0))
        game.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    x = np.array([[1.0], [1.0], [3.0], [3.0]], "float32")  # the one replica's half, the other's
    history = game.fit(x, batch_size=4, shuffle=False, verbose=0).history
    results |= {"left": factor(game.left), "product": history["product"][0]}

    with strategy.scope():
        lazy = build_gan()
        lazy.compile(r1_weight=0.1, penalties_every=2)
    try:
        lazy.fit(images(4), batch_size=4, verbose=0)
    except ValueError as error:
        results["lazy"] = str(error)
    print(json.dumps(results))


main()
