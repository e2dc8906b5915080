"""Keys of a viewer that a panel binds while it lives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import ref


class Keys:
    """Binds keys of a viewer and gives them back.

    Parameters
    ----------
    viewer : napari viewer
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = ref(viewer)
        self._bound: dict[str, Callable[..., None]] = {}

    def bind(self, key: str, words: str, function: Callable[[], Any]) -> None:
        """Call a function when a key is pressed on the canvas; `words` say what for."""
        viewer = self._viewer()
        if viewer is None:
            return

        def pressed(viewer: Any) -> None:
            function()

        pressed.__doc__ = words
        viewer.bind_key(key, pressed, overwrite=True)
        self._bound[key] = pressed

    def release(self) -> None:
        """Give all keys back, unless somebody took one over meanwhile."""
        viewer = self._viewer()
        if viewer is None:
            return
        ours = set(self._bound.values())
        for key in [k for k, function in viewer.keymap.items() if function in ours]:
            del viewer.keymap[key]
        self._bound.clear()
