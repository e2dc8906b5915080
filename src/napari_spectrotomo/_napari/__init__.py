"""The napari plugin: a folder a dock panel, and what they share.

Every button calls the workflow or one public function. The state of a viewer is in `state`, long work in `work` and `run`,
layers in `layers`.
"""

from typing import Any


def open_project(path: Any, viewer: Any = None) -> Any:
    """Open a project folder in napari, with its layers and panels; see `opening.open_project`."""
    from .warm import warm_up

    warm_up()
    from .opening import open_project as open_it

    return open_it(path, viewer)


__all__ = ["open_project"]
