"""What a shift a view cannot do: two particles of which one tilts are laid on each other by registration in 3-D only."""

from dataclasses import replace

import dask.array as da
import numpy as np
import pytest

import napari_spectrotomo as st

ENERGIES = (6480.0, 6535.0, 6600.0, 6710.0)


def mse(masks, labels, particle):
    """Mean squared error of the masks to the last one's, about one particle of the truth: the rows it lies in."""
    rows = np.flatnonzero((labels == particle).any(axis=(1, 2)))
    part = masks[:, rows[0] - 2 : rows[-1] + 3].astype(float)
    return float(np.mean((part[:-1] - part[-1]) ** 2))


@pytest.fixture(scope="module")
def tilting():
    """A scan, its truth, and its masks raw and registered in 3-D."""
    scan, truth = st.simulate_scan(rows=36, columns=48, n_angles=31, energies=ENERGIES, tilt_degrees=8, drift=3.5)
    od = st.correct(scan)
    od = replace(od, projections=tuple(da.from_array(np.asarray(p), chunks=p.shape) for p in od.projections))
    raw = st.reconstruct(od, center=truth.cor_col, filter="hann")
    raw = replace(raw, data=raw.data.persist())
    masks = np.asarray(st.binarize(raw))
    registration = st.register(masks, particles=truth.labels.astype(np.int32), refine="none")
    return od, truth, masks, np.asarray(st.binarize(registration.apply(raw)))


@pytest.mark.parametrize("method", ["phase", "masks"])
def test_the_conventional_way_moves_a_still_particle_with_a_tilting_one(tilting, method):
    od, truth, masks, registered = tilting
    found = st.align_energies(od, method=method, center=truth.cor_col)
    shifts = found.shifts_for_reconstruction()
    conventional = np.asarray(st.binarize(st.reconstruct(od, center=found.center, filter="hann", shifts=shifts)))
    left = {name: [mse(m, truth.labels, k) for k in (1, 2)] for name, m in
            (("raw", masks), ("conventional", conventional), ("registered", registered))}  # fmt: skip
    assert left["conventional"][1] > 3 * left["raw"][1]
    assert left["conventional"][0] > 4 * left["registered"][0]
    assert left["registered"][1] < left["raw"][1]
