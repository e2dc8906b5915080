"""That a result which was damaged on disk is said, whatever part of it does not fit the rest."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from ..errors import ProjectError

P = ParamSpec("P")
R = TypeVar("R")


class _HasPath(Protocol):
    path: Any


Project = TypeVar("Project", bound=_HasPath)


def kept(read: Callable[Concatenate[Project, P], R]) -> Callable[Concatenate[Project, P], R]:
    """Let a function that reads a result of a project say which one is damaged, in place of the error from inside.

    Parameters
    ----------
    read : callable (project, ...) -> result
        Its name, with blanks, is what the message calls the result.
    """
    name = read.__name__.replace("_", " ")

    @wraps(read)
    def reading(project: Project, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return read(project, *args, **kwargs)
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError) as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise ProjectError(
                f"What the project {project.path} keeps of its {name} does not fit together ({reason}): run the stage again that "
                "makes it, or all of them (--restart)."
            ) from error

    return reading
