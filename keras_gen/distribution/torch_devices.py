"""Processes of `torch.distributed`."""

import os

import torch

from keras_gen.distribution.devices import Devices


def find_strategy():
    """Name of the strategy that the environment calls for, or None."""
    return "data-parallel" if int(os.environ.get("WORLD_SIZE") or 1) > 1 else None


def start(strategy):
    """Starts a strategy; see `keras_gen.distribution.start`."""
    distributed = torch.distributed
    if "WORLD_SIZE" not in os.environ:
        raise ValueError(
            "`strategy='data-parallel'` on torch needs processes that torchrun started: torchrun "
            "--nproc-per-node=8 -m keras_gen train .... Received: WORLD_SIZE=None"
        )
    on_gpus = torch.cuda.is_available()
    if on_gpus:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
    if not distributed.is_initialized():
        distributed.init_process_group("nccl" if on_gpus else "gloo")
    count = distributed.get_world_size()
    return Devices(strategy, process=distributed.get_rank(), processes=count, replicas=count)
