"""Our own solver: Gauss and Newton's method over points about the fixed surface, from coarse to fine."""

from .masks import FixedMask, solve_masks

__all__ = ["FixedMask", "solve_masks"]
