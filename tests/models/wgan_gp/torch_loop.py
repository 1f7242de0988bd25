"""The same step in PyTorch, run eagerly, and the example page's networks."""

import torch
from torch import nn

from tests.benchmarks.torch_loops import adam, discriminator_of, generator_of, strided, update


def step_of(shape, options, networks=None):
    generator, critic = networks or (
        generator_of(shape, options),
        discriminator_of(shape, options, normalization="layer"),
    )
    generator_optimizer, critic_optimizer = adam(options, (0.0, 0.99), generator, critic)

    def step(images):
        parts = images.chunk(options["n_critic"])
        for reals in parts:
            with torch.no_grad():
                fakes = generator(torch.randn(len(reals), options["latent_dim"]))
            loss = critic(fakes).mean() - critic(reals).mean()
            epsilon = torch.rand(len(reals), 1, 1, 1)
            between = (epsilon * reals + (1.0 - epsilon) * fakes).requires_grad_()
            (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
            norms = (gradient.square().sum((1, 2, 3)) + 1e-12).sqrt()
            loss = loss + 10.0 * (norms - 1.0).square().mean()
            update(critic_optimizer, loss)
        critic.requires_grad_(False)
        generator_loss = -critic(
            generator(torch.randn(len(parts[0]), options["latent_dim"]))
        ).mean()
        update(generator_optimizer, generator_loss)
        critic.requires_grad_(True)
        return loss.detach(), generator_loss.detach()

    return step


def page_networks():
    def upsampled(inputs, outputs, activation):
        return [
            nn.Upsample(scale_factor=2),
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            activation,
        ]

    generator = nn.Sequential(
        nn.Linear(128, 4096, bias=False),
        nn.BatchNorm1d(4096),
        nn.LeakyReLU(0.2),
        nn.Unflatten(1, (256, 4, 4)),
        *upsampled(256, 128, nn.LeakyReLU(0.2)),
        *upsampled(128, 64, nn.LeakyReLU(0.2)),
        *upsampled(64, 1, nn.Tanh()),
        nn.ZeroPad2d(-2),
    )
    critic = nn.Sequential(
        nn.ZeroPad2d(2),
        *strided(1, 64, 128, kernel_size=5),
        nn.Dropout(0.3),
        *strided(128, 256, kernel_size=5),
        nn.Dropout(0.3),
        *strided(256, 512, kernel_size=5),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(2048, 1),
    )
    return generator, critic
