"""The same step in PyTorch, run eagerly."""

import torch
from torch import nn
from torch.nn import functional

from tests.benchmarks.torch_loops import adam, patch_discriminator_of, update


class Block(nn.Module):
    """Two 3 x 3 convolutions beside the map."""

    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(width, width, 3, 1, 1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, 1, 1),
        )

    def forward(self, x):
        return x + self.body(x)


def frame_predictor_of(shape, options):
    """`keras_gen.networks.frame_predictor`."""
    channels, width, side = shape[-1], options["base_filters"], options["patch_size"]
    return nn.Sequential(
        nn.Conv2d(options["context"] * channels, width, side, side),
        *(Block(width) for _ in range(options["blocks"])),
        nn.ReLU(),
        nn.Conv2d(width, side**2 * channels, 3, 1, 1),
        nn.PixelShuffle(side),
        nn.Tanh(),
    )


def stacked(clips):
    return clips.permute(0, 1, 4, 2, 3).flatten(1, 2).contiguous()


def gradient_difference(targets, outputs):
    return sum(
        functional.l1_loss(outputs.diff(dim=axis).abs(), targets.diff(dim=axis).abs())
        for axis in (2, 3)
    )


def step_of(shape, options, networks=None):
    channels = (options["context"] + 1) * shape[-1]
    generator, discriminator = networks or (
        frame_predictor_of(shape, options),
        patch_discriminator_of(shape, channels, max(options["base_filters"] // 2, 1)),
    )
    generator_optimizer, discriminator_optimizer = adam(
        options, (0.5, 0.999), generator, discriminator
    )

    def step(context, targets):
        known, frames = stacked(context), stacked(targets)
        fakes = generator(known)

        def judge(images):
            return discriminator(torch.cat([known, images], 1))

        loss = 0.5 * (
            functional.softplus(-judge(frames)).mean()
            + functional.softplus(judge(fakes.detach())).mean()
        )
        update(discriminator_optimizer, loss)
        discriminator.requires_grad_(False)
        generator_loss = functional.mse_loss(fakes, frames) + gradient_difference(frames, fakes)
        generator_loss = generator_loss + 0.05 * functional.softplus(-judge(fakes)).mean()
        update(generator_optimizer, generator_loss)
        discriminator.requires_grad_(True)
        return loss.detach(), generator_loss.detach()

    return step
