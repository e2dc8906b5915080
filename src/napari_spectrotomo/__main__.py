"""``python -m napari_spectrotomo`` is ``spectrotomo``."""

from .cli import main

main()
