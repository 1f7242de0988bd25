"""The same step in PyTorch, run eagerly, and the example page's networks."""

import torch
from torch import nn
from torch.nn import functional

from tests.benchmarks.benchmark import NUM_CLASSES
from tests.benchmarks.torch_loops import (
    adam,
    adversarial_step,
    discriminator_of,
    generator_of,
    strided,
    transposed,
)


def step_of(shape, options, networks=None):
    wider = {**options, "latent_dim": options["latent_dim"] + NUM_CLASSES}
    generator, discriminator = networks or (
        generator_of(shape, wider),
        discriminator_of((*shape[:2], shape[2] + NUM_CLASSES), options),
    )
    optimizers = adam(options, (0.5, 0.999), generator, discriminator)

    def step(reals, labels):
        codes = functional.one_hot(labels.long(), NUM_CLASSES).float()
        maps = codes[:, :, None, None].expand(-1, -1, *shape[:2])

        def judge(images):
            return discriminator(torch.cat([images, maps], 1))

        latents = torch.randn(len(reals), options["latent_dim"])
        fakes = generator(torch.cat([latents, codes], 1))
        return adversarial_step(reals, fakes, discriminator, *optimizers, judge=judge)

    return step


def page_networks():
    width = 128 + NUM_CLASSES
    generator = nn.Sequential(
        nn.Linear(width, 7 * 7 * width),
        nn.LeakyReLU(0.2),
        nn.Unflatten(1, (width, 7, 7)),
        *transposed(width, 128, 128),
        nn.Conv2d(128, 1, 7, padding=3),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        *strided(1 + NUM_CLASSES, 64, 128, kernel_size=3),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Linear(128, 1),
    )
    return generator, discriminator
