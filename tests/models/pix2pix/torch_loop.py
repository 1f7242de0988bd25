"""The same step in PyTorch, run eagerly."""

import torch
from torch.nn import functional

from tests.benchmarks.torch_loops import UNet, adam, adversarial_step, patch_discriminator_of


def step_of(shape, options, networks=None):
    generator, discriminator = networks or (
        UNet(shape, options["base_filters"]),
        patch_discriminator_of(shape, 2 * shape[-1], options["base_filters"]),
    )
    optimizers = adam(options, (0.5, 0.999), generator, discriminator)

    def step(inputs, targets):
        fakes = generator(inputs)
        return adversarial_step(
            targets,
            fakes,
            discriminator,
            *optimizers,
            judge=lambda images: discriminator(torch.cat([inputs, images], 1)),
            weight=0.5,
            further=lambda: 100.0 * functional.l1_loss(fakes, targets),
        )

    return step
