"""Torch as a run needs it: so many threads, deterministic algorithms, a generator that nobody else draws from."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["deterministic"]


@contextmanager
def deterministic(threads: int) -> Iterator[None]:
    """Torch as a run needs it, and afterwards as it was."""
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    drawn = torch.get_rng_state()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])
        torch.set_rng_state(drawn)
