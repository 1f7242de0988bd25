"""The same step in PyTorch, run eagerly."""

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from tests.benchmarks.torch_loops import adam, update


class Gated(nn.Module):
    """`keras_gen.layers.GatedConv2D`, with one gate for a place, or one for each feature."""

    def __init__(self, inputs, outputs, side, gates, stride=1):
        super().__init__()
        self.filters = outputs
        count = outputs if gates == "full" else 1
        self.both = nn.Conv2d(inputs, outputs + count, side, stride, 1)
        nn.init.ones_(self.both.bias.data[outputs:])

    def forward(self, x):
        features, gates = torch.tensor_split(self.both(x), [self.filters], 1)
        return functional.elu(features) * torch.sigmoid(gates)


class GatedUNet(nn.Module):
    """`keras_gen.networks.gated_unet_generator`."""

    def __init__(self, shape, filters, gates):
        super().__init__()
        depth = {28: 2, 64: 4}[shape[0]]
        channels = shape[-1] + 1
        widths = [filters * min(2**level, 8) for level in range(depth)]
        ends = [channels, *widths]
        self.down = nn.ModuleList(
            Gated(ends[k], ends[k + 1], 4, gates, stride=2) for k in range(depth)
        )
        self.middle = Gated(widths[-1], widths[-1], 3, gates)
        self.up, inputs = nn.ModuleList(), widths[-1]
        for skip, outputs in zip(ends[-2::-1], [*widths[-2::-1], filters // 2], strict=True):
            self.up.append(Gated(inputs + skip, outputs, 3, gates))
            inputs = outputs
        self.image = nn.Conv2d(inputs, shape[-1], 3, padding=1)

    def forward(self, x):
        maps = [x]
        for block in self.down:
            maps.append(block(maps[-1]))
        x = self.middle(maps.pop())
        for block, skip in zip(self.up, maps[::-1], strict=True):
            x = block(torch.cat([functional.interpolate(x, scale_factor=2), skip], 1))
        return torch.tanh(self.image(x))


def spectral_discriminator_of(shape, filters):
    """`keras_gen.networks.patch_discriminator` of a mask and a picture, spectrally normalised."""
    strided = {28: 1, 64: 2}[shape[0]]
    layers, inputs = [], shape[-1] + 1
    for outputs in [filters * 2**level for level in range(strided)]:
        layers += [spectral_norm(nn.Conv2d(inputs, outputs, 4, 2, 1)), nn.LeakyReLU(0.2)]
        inputs = outputs
    outputs = filters * 2**strided
    layers += [spectral_norm(nn.Conv2d(inputs, outputs, 4, 1, 1)), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, spectral_norm(nn.Conv2d(outputs, 1, 4, 1, 1)))


def boxes(count, size):
    """A quarter to a half of each side, anywhere."""
    inside = []
    for side in size:
        length = torch.round((0.25 + 0.25 * torch.rand(count, 1)) * side)
        start = torch.floor(torch.rand(count, 1) * (side - length + 1))
        at = torch.arange(side)[None]
        inside.append((at >= start) & (at < start + length))
    return (inside[0][:, None, :, None] & inside[1][:, None, None, :]).float()


def mean_within(differences, masks):
    return ((differences * masks).sum((1, 2, 3)) / masks.sum((1, 2, 3))).mean()


def step_of(shape, options, networks=None):
    generator, discriminator = networks or (
        GatedUNet(shape, options["base_filters"], options["gates"]),
        spectral_discriminator_of(shape, options["base_filters"] // 2),
    )
    generator_optimizer, discriminator_optimizer = adam(
        options, (0.5, 0.999), generator, discriminator
    )

    def step(images):
        masks = boxes(len(images), images.shape[2:])
        known = images * (1 - masks)
        outputs = generator(torch.cat([known, masks], 1))
        filled = known + outputs * masks

        def judge(pictures):
            return discriminator(torch.cat([masks, pictures], 1))

        loss = functional.relu(1 - judge(images)).mean()
        loss = loss + functional.relu(1 + judge(filled.detach())).mean()
        update(discriminator_optimizer, loss)
        discriminator.requires_grad_(False)
        differences = (images - outputs).abs().mean(1, keepdim=True)
        generator_loss = (
            options["hole_weight"] * mean_within(differences, masks)
            + options["known_weight"] * mean_within(differences, 1 - masks)
            - options["adversarial_weight"] * judge(filled).mean()
        )
        update(generator_optimizer, generator_loss)
        discriminator.requires_grad_(True)
        return loss.detach(), generator_loss.detach()

    return step
