"""Pictures of docs/reconstruction.md: slices of real scans, before and after stripe removal, and with the axis 3 pixels wrong.

    python docs/pictures/reconstruction.py FOLDER

FOLDER holds ``dxchange_h5/tooth.h5`` (TomoPy's test data, BSD-3) and ``tiff_tomo_savu24737`` (Savu's test data, Apache-2.0). The
pictures, ``tooth.png`` and ``savu.png``, are written beside this script.
"""

import sys
from pathlib import Path

import numpy as np

import napari_spectrotomo as st
from napari_spectrotomo.benchmark.style import FAINT, IMAGES, INK, new_figure

WRONG = 3.0
HERE = Path(__file__).parent
SAMPLES = {
    "tooth": ("dxchange_h5/tooth.h5", 30000.0, 0, (slice(330, 470), slice(230, 370))),
    "savu": ("tiff_tomo_savu24737", 53000.0, 67, (slice(45, 105), slice(40, 100))),
}
"""File or folder, energy given where the file has none, slice, and the detail that is enlarged."""


def slices_of(path, energy, row):
    """Give the axis found, and slices: as measured, with stripes removed gently and by every means, and with the axis wrong."""
    scan = st.read_scan(path, energies=[energy])
    plain, gentle, every = (st.correct(scan, stripes=method) for method in ("none", "sorting", "all"))
    center, wide = st.find_center(plain), plain.projections[0].shape[2]
    region = (row, row + 1, 0, wide, 0, wide)

    def made(od, at):
        return np.asarray(st.reconstruct(od, center=at, filter="ramp", engine="numba", region=region).data[0, 0])

    shown = {
        "as measured": made(plain, center),
        "stripes='sorting'": made(gentle, center),
        "stripes='all'": made(every, center),
        f"axis {WRONG:g} pixels wrong": made(gentle, center + WRONG),
    }
    return center, shown


def draw(shown, detail):
    """Draw each slice whole and in detail, and last what the gentle removal took away."""
    figure = new_figure(2.2 * (len(shown) + 1), 4.7, IMAGES)
    panels = figure.subplots(2, len(shown) + 1)
    low, high = np.percentile(shown["as measured"], (0.5, 99.9))
    for column, (title, image) in zip(panels.T, shown.items(), strict=False):
        for axes, values in zip(column, (image, image[detail]), strict=True):
            axes.imshow(values, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
        column[0].set_title(title, fontsize=9, color=INK)
    taken = shown["as measured"] - shown["stripes='sorting'"]
    reach = 0.15 * (high - low)
    for axes, values in zip(panels[:, -1], (taken, taken[detail]), strict=True):
        axes.imshow(values, cmap="RdBu_r", vmin=-reach, vmax=reach, interpolation="nearest")
    panels[0, -1].set_title("what 'sorting' took away", fontsize=9, color=INK)
    for axes in panels.flat:
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set(color=FAINT, linewidth=0.5)
    return figure


if __name__ == "__main__":
    for name, (place, energy, row, detail) in SAMPLES.items():
        center, shown = slices_of(Path(sys.argv[1]) / place, energy, row)
        draw(shown, detail).savefig(HERE / f"{name}.png")
        print(f"{name}: axis at column {center:.2f}; wrote {HERE / f'{name}.png'}")
