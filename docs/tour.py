"""Takes the pictures of the tutorial: drives napari through the sample scan as its reader would.

``make tour`` runs it. Every picture of docs/tutorial.md is made here, from the sample scan, so that anybody can make them anew.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from qtpy.QtWidgets import QApplication

import napari
from napari_spectrotomo._napari.docks import open_panel
from napari_spectrotomo._napari.layers import layer_of
from napari_spectrotomo._napari.state import state_of
from napari_spectrotomo.simulate import simulate_scan, write_simulation

PICTURES = Path(__file__).parent / "pictures" / "tour"
SIZE = (1280, 800)
PATIENCE = 600
"""Seconds after which a step that has not ended is a failure."""


class Tour:
    """A viewer that is driven, and photographed.

    Parameters
    ----------
    scan : path
        The sample scan, in a folder that may be written to.
    """

    def __init__(self, scan: Path) -> None:
        self.scan = scan
        self.viewer: Any = napari.Viewer(show=True)
        self.viewer.window._qt_window.resize(*SIZE)
        self.journey = open_panel(self.viewer, "Spectro-tomography")

    def look(self, seconds: float = 1.0) -> None:
        """Let the window draw."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.005)

    def until(self, done: Callable[[], bool]) -> None:
        """Let the window go on until something is so."""
        end = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > end:
                raise TimeoutError("A step of the tour did not end.")
            QApplication.processEvents()
            time.sleep(0.005)

    def settle(self) -> None:
        """Wait for the work under way, and let the window draw what came of it."""
        self.look(0.3)
        self.until(lambda: state_of(self.viewer).job is None)
        self.look(1.5)

    def picture(self, name: str) -> None:
        """Photograph the whole window, without loss: colours are numbers here."""
        self.look(0.5)
        seen = Image.fromarray(self.viewer.screenshot(canvas_only=False, flash=False)[..., :3])
        seen.save(PICTURES / f"{name}.webp", lossless=True, method=6)
        print(f"  {name}.webp", flush=True)

    def to_energy(self, energy: float) -> None:
        """Move the energy slider."""
        energies = state_of(self.viewer).project.energies
        self.viewer.dims.set_point(0, float(np.argmin(np.abs(energies - energy))))

    def to_particle(self, number: int) -> None:
        """Move the z slider to the middle of a particle."""
        labels: Any = layer_of(self.viewer, "particles")
        middle = np.argwhere(np.asarray(labels.data) == number)[:, 0].mean()
        self.viewer.dims.set_current_step(1, round(float(middle)))

    def load(self) -> None:
        """Step 1."""
        load = self.journey.show_step("Load")
        self.picture("01_begin")
        load.source.path = self.scan
        load.primary.click()
        self.settle()
        self.picture("02_loaded")
        load.box.show_mode("Sinogram")
        self.settle()
        self.picture("03_sinogram")
        load.box.show_mode("Two energies")
        self.settle()
        self.until(lambda: not load.box.pair.busy)
        self.look(1.5)
        self.picture("04_two_energies")
        load.box.show_mode("Projection")
        self.settle()

    def reconstruct(self) -> None:
        """Step 2."""
        step = self.journey.show_step("Reconstruct")
        step.box.find.click()
        self.settle()
        self.picture("05_centre_strip")
        step.box.preview.click()
        self.settle()
        self.picture("06_preview")
        step.primary.click()
        self.settle()
        self.picture("07_reconstructed")

    def binarize(self) -> None:
        """Step 3."""
        step = self.journey.show_step("Binarize")
        step.primary.click()
        self.settle()
        self.to_energy(6549.0)
        self.look()
        self.picture("08_binarized")
        step.against_fold.expand(animate=False)
        self.look()
        step.content.ensureWidgetVisible(step.against)
        self.picture("09_thresholds")

    def register(self) -> None:
        """Step 4."""
        step = self.journey.show_step("Register")
        step.primary.click()
        self.settle()
        self.to_energy(6480.0)
        self.to_particle(2)  # the one that tilts
        for view, name in (("overlay", "11_after"), ("outlines", "12_outlines"), ("checkerboard", "13_checkerboard")):
            step.views.look(view, before=False)
            self.look()
            self.picture(name)
            if view == "overlay":
                step.views.look(view, before=True)
                self.look()
                self.picture("10_before")
        step.views.look("squared difference")
        self.look()
        self.picture("14_squared_difference")
        step.views.look("overlay", before=False)
        open_panel(self.viewer, "Quality")
        self.look()
        self.picture("15_quality")

    def edge_map(self) -> None:
        """Step 5."""
        step = open_panel(self.viewer, "Edge map")
        step.primary.click()
        self.settle()
        self.to_particle(1)
        self.picture("16_edge_map")
        step.solid.on.setChecked(True)
        self.look(2)
        step.solid.axis.setCurrentIndex(2)
        self.viewer.camera.angles = (-20.0, 35.0, 130.0)
        self.look(2)
        self.picture("17_cut_open")
        step.solid.on.setChecked(False)
        self.look()

    def spectra(self) -> None:
        """Beside: the spectrum of a region."""
        panel = open_panel(self.viewer, "ROI spectrum")
        labels: Any = layer_of(self.viewer, "particles")
        panel.controls.draw.click()
        layer = self.viewer.layers.selection.active
        for number in sorted({int(n) for n in np.unique(labels.data)} - {0})[:2]:
            z, y, x = np.argwhere(labels.data == number).mean(axis=0)
            layer.add_ellipses(_ellipse(z, y, x, 4.0))
        self.look(2)
        panel.controls.normalized.setChecked(True)
        self.look(2)
        self.picture("18_spectra")

    def valence(self) -> None:
        """Step 6: from edge energy to oxidation state."""
        step = open_panel(self.viewer, "Edge map")
        step.fold.expand(animate=False)
        step.files.rows["standards"].path = self.scan / "standards" / "standards.txt"
        self.look()
        step.apply_forms()
        self.picture("19_standards")
        step.primary.click()
        self.settle()
        step.fold.collapse(animate=False)
        step.maps["valence"].click()
        self.look()
        self.picture("20_oxidation_state")

    def export(self) -> None:
        """Taking it away."""
        open_panel(self.viewer, "Export")
        self.look()
        self.picture("21_export")


def _ellipse(z: float, y: float, x: float, radius: float) -> np.ndarray:
    """Give the corners (4, 3) of a circle in a slice, in voxels."""
    corners = ((-1, -1), (-1, 1), (1, 1), (1, -1))
    return np.array([[round(z), y + a * radius, x + b * radius] for a, b in corners])


def main(home: Path) -> None:
    """Simulate the sample in a folder and take all pictures."""
    shutil.rmtree(home, ignore_errors=True)
    scan = home / "simulated_scan"
    write_simulation(*simulate_scan(), scan)
    PICTURES.mkdir(parents=True, exist_ok=True)
    for old in PICTURES.glob("*.*"):
        old.unlink()
    tour = Tour(scan)
    try:
        for step in (
            tour.load,
            tour.reconstruct,
            tour.binarize,
            tour.register,
            tour.edge_map,
            tour.spectra,
            tour.valence,
            tour.export,
        ):
            step()
    finally:
        tour.viewer.close()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
