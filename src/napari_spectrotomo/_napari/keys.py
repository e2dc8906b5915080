"""Keys of a viewer that a panel binds while it lives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakSet, ref


class Keys:
    """Binds keys of a viewer and gives them back.

    Parameters
    ----------
    viewer : napari viewer
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = ref(viewer)
        self._bound: dict[str, Callable[..., None]] = {}
        _HELD.add(self)

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
        """Give all keys back: to another panel that bound them too, such as the same step in a dock of its own.

        One that somebody took over meanwhile stays as it is.
        """
        viewer = self._viewer()
        if viewer is None:
            return
        ours, self._bound = self._bound, {}
        for key, pressed in ours.items():
            for bound in [k for k, function in viewer.keymap.items() if function is pressed]:
                del viewer.keymap[bound]
                heirs = [other._bound[key] for other in _HELD if other._viewer() is viewer and key in other._bound]
                if heirs:
                    viewer.bind_key(key, heirs[0], overwrite=True)


_HELD: WeakSet[Keys] = WeakSet()
