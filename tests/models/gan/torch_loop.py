"""The same step in PyTorch, run eagerly, and the example page's networks."""

import torch
from torch import nn

from tests.benchmarks.torch_loops import (
    adam,
    adversarial_step,
    discriminator_of,
    generator_of,
    strided,
    transposed,
)


def step_of(shape, options, networks=None):
    generator, discriminator = networks or (
        generator_of(shape, options),
        discriminator_of(shape, options),
    )
    optimizers = adam(options, (0.5, 0.999), generator, discriminator)

    def step(reals):
        latents = torch.randn(len(reals), options["latent_dim"])
        return adversarial_step(
            reals, generator(latents), discriminator, *optimizers, judge=discriminator
        )

    return step


def page_networks():
    generator = nn.Sequential(
        nn.Linear(128, 8192),
        nn.Unflatten(1, (128, 8, 8)),
        *transposed(128, 128, 256, 512),
        nn.Conv2d(512, 3, 5, padding=2),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        *strided(3, 64, 128, 128, kernel_size=4),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(8192, 1),
    )
    return generator, discriminator
