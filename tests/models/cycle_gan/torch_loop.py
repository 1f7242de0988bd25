"""The same step in PyTorch, run eagerly."""

import torch
from torch import nn
from torch.nn import functional

from tests.benchmarks.torch_loops import adam, cycle_gan_networks_of, update


def step_of(shape, options, networks=None):
    ab, ba, judge_a, judge_b = networks or cycle_gan_networks_of(shape, options)
    generators, judges = nn.ModuleList([ab, ba]), nn.ModuleList([judge_a, judge_b])
    generator_optimizer, discriminator_optimizer = adam(options, (0.5, 0.999), generators, judges)
    pool_a, pool_b = Pool(50), Pool(50)
    l1 = functional.l1_loss

    def half_discriminator_loss(judge, reals, fakes):
        return 0.5 * ((judge(reals) - 1.0).square().mean() + judge(fakes).square().mean())

    def step(a, b):
        judges.requires_grad_(False)
        fakes_b, fakes_a = ab(a), ba(b)
        cycle = l1(ba(fakes_b), a) + l1(ab(fakes_a), b)
        adversarial = (judge_b(fakes_b) - 1.0).square().mean() + (
            judge_a(fakes_a) - 1.0
        ).square().mean()
        identity = l1(ab(b), b) + l1(ba(a), a)
        generator_loss = adversarial + 10.0 * cycle + 5.0 * identity
        update(generator_optimizer, generator_loss)
        judges.requires_grad_(True)
        loss = half_discriminator_loss(
            judge_a, a, pool_a(fakes_a.detach())
        ) + half_discriminator_loss(judge_b, b, pool_b(fakes_b.detach()))
        update(discriminator_optimizer, loss)
        return generator_loss.detach(), loss.detach()

    return step


class Pool:
    def __init__(self, size):
        self.size, self.images = size, []

    def __call__(self, images):
        chosen = []
        for image in images:
            if len(self.images) < self.size:
                self.images.append(image)
            elif torch.rand(()) < 0.5:
                place = int(torch.randint(self.size, ()))
                image, self.images[place] = self.images[place], image
            chosen.append(image)
        return torch.stack(chosen)
