"""Puts the manifest at the root, ``napari.yaml``, inside the package, where npe2 looks for it.

A wheel includes it; an editable install links it into the source tree (or copies it where links are refused).
"""

import shutil
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INSIDE = "napari_spectrotomo/napari.yaml"


class ManifestHook(BuildHookInterface):
    """Wheel hook: ``napari.yaml`` from the root into the package."""

    def initialize(self, version, build_data):
        """Include the manifest in a wheel, or link it for an editable install."""
        manifest = Path(self.root, "napari.yaml")
        if version == "editable":
            target = Path(self.root, "src", INSIDE)
            target.unlink(missing_ok=True)
            try:
                target.symlink_to(Path("..", "..", "napari.yaml"))
            except OSError:
                shutil.copyfile(manifest, target)
        else:
            build_data["force_include"][str(manifest)] = INSIDE
