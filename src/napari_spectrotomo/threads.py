"""Threads for kernels that release the interpreter's lock: how many, and work handed to them in a fixed order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

from .machine import cores

Item = TypeVar("Item")
Result = TypeVar("Result")


def thread_count() -> int:
    """Give the number of threads to use: dask's ``num_workers`` where it is set, else the cores this process may run on."""
    import dask

    chosen = dask.config.get("num_workers", None)
    if chosen:
        return int(chosen)
    return cores()


def in_threads(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Call a function on every item, on as many threads as `thread_count` says, and give the results in the items' order.

    What the items are must not depend on the number of threads: then nor does any result. The function must not call
    `in_threads` itself.
    """
    work = list(items)
    threads = thread_count()
    if threads <= 1 or len(work) <= 1:
        return [function(item) for item in work]
    return list(_pool(threads, os.getpid()).map(function, work))


@lru_cache(maxsize=1)
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    """Keep one pool: kernels are called some hundred times a volume. A forked process makes its own."""
    return ThreadPoolExecutor(threads, thread_name_prefix="spectrotomo")
