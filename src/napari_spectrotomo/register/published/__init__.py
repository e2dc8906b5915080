"""The published method, by SimpleITK: what every comparison is made against."""

from .attempts import solve_published

__all__ = ["solve_published"]
