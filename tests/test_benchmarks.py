"""What the benchmarks compare with does the same work: the hand-written steps end where `fit` does."""

import keras
import numpy as np
import pytest

from tests.benchmarks import example_pages
from tests.benchmarks.hand_written import STEPS
from tests.benchmarks.workloads import workload

SMALL = {"batch_size": 4, "base_filters": 4}
EXTRA = {"wgan_gp": {"batch_size": 8, "n_critic": 2}}
# CycleGAN's losses weigh ten times as much, and so does the rounding of their sums.
RATES = {"cycle_gan": 0.002}
SEED = 3


def small(model, shape=(16, 16, 3)):
    return workload(model, shape, **{**SMALL, **EXTRA.get(model, {})})


def sgd(case):
    return [keras.optimizers.SGD(RATES.get(case.model, 0.01)) for _ in case.optimizers()]


@pytest.mark.parametrize(
    ("name", "share_forward"),
    [*((name, True) for name in STEPS), ("gan", False), ("conditional_gan", False)],
)
def test_hand_written_steps_end_where_fit_does(name, share_forward):
    case = small(name)
    batches = case.batches(2)

    model = case.compiled(sgd(case), **({"share_forward": False} if not share_forward else {}))
    for seed, variable in seeds_of(model, name):
        variable.assign(keras.random.SeedGenerator(seed).state.value)
    columns = [np.concatenate(column) for column in zip(*batches, strict=True)]
    model.fit(*columns, batch_size=case.options["batch_size"], shuffle=False, verbose=0)

    networks = case.networks()
    options = {} if share_forward else {"share_forward": False}
    step = STEPS[name](networks, sgd(case), case.options, seed=SEED, **options)
    for batch in batches:
        step(*batch)

    start = case.networks()
    for key, network in networks.items():
        ours, theirs = getattr(model, key).get_weights(), network.get_weights()
        for before, a, b in zip(start[key].get_weights(), ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
            assert before.size < 10 or (before != a).any()


def seeds_of(model, name):
    if name == "cycle_gan":
        pools = model.pool_a, model.pool_b
        return [(SEED + number, pool.seed_generator.state) for number, pool in enumerate(pools)]
    return [(SEED, model.seed_generator.state)]


@pytest.mark.parametrize("name", ["gan", "wgan_gp", "conditional_gan", "vae"])
def test_the_example_pages_networks_are_as_large_in_pytorch_as_in_keras(name):
    in_keras = example_pages.page_workload(name).networks().values()
    in_torch = example_pages.torch_networks(name)
    assert [sum(p.numel() for p in network.parameters()) for network in in_torch] == [
        sum(np.prod(v.shape) for v in network.trainable_variables) for network in in_keras
    ]
