"""The machine and the software that numbers are made with: processor, cores, memory, and the code's own commit."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import psutil

_CGROUP = Path("/sys/fs/cgroup")


def processor() -> str:
    """Give the name of the processor, where the system tells it."""
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


def cores() -> int:
    """Give the number of cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_free() -> int:
    """Give the bytes of memory that this process may still take: the system's, and no more than its own limit leaves."""
    free = int(psutil.virtual_memory().available)
    left = _left_in_group()
    return free if left is None else max(0, min(free, left))


def _left_in_group() -> int | None:
    """Give what the control group leaves, as a cluster's queue or a container sets it (Linux, version 2); None without one."""
    try:
        group = Path("/proc/self/cgroup").read_text(encoding="utf-8").strip().rpartition(":")[2]
        folder = _CGROUP / group.lstrip("/")
        limit, used = (int((folder / name).read_text(encoding="utf-8")) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):  # no such group, or "max": there is no limit
        return None
    return limit - used


def memory_held() -> int:
    """Give the bytes of memory this process holds now."""
    return int(psutil.Process().memory_info().rss)


def peak_memory() -> int:
    """Give the largest memory this process held so far, in bytes."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@lru_cache(maxsize=1)
def git_commit() -> str | None:
    """Give the commit of the checkout this package runs from, with '+ changes' where files differ; None where it is installed."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists() or not (root / "src" / __package__).is_dir():
        return None
    try:
        commit = _git(root, "rev-parse", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):  # no git here, or a checkout of another user
        return None
    return f"{commit} + changes" if changed else commit


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=True, timeout=20)
    return done.stdout.strip()
