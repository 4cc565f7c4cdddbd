"""Fuzz in batches on all cores, for the full counts of `make soak`."""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

FULL_COUNT = 10_000_000
BATCH = 25_000
LONGEST_BATCH_S = 900  # some hundred times what a batch takes: a hang, not a slow machine


def tried_on_all_cores(fuzz: Callable[[int, int], int]) -> int:
    """`fuzz(count, seed)` until the full count is tried; returns what the batches say they tried."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        batches = [pool.submit(fuzz, BATCH, seed) for seed in range(2, 2 + FULL_COUNT // BATCH)]
        try:
            return sum(batch.result(LONGEST_BATCH_S) for batch in batches)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
