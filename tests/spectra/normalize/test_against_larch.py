"""What larch makes of the standards with windows of every kind: short, cut by the scan, of few samples, of high order."""

import numpy as np
import pytest

from napari_spectrotomo.errors import DataError
from napari_spectrotomo.io import read_references
from napari_spectrotomo.spectra import normalize_spectra

KINDS = ("whole", "decimated", "cut", "sloping")


def spectra(folder):
    return read_references(sorted((folder / "xanes_ref").glob("*.xdi")))


def scanned(energies, mu, kind, rng):
    if kind == "decimated":
        some = np.sort(rng.choice(len(energies), len(energies) // 3, replace=False))
        return energies[some], mu[some]
    if kind == "cut":
        return energies[len(energies) // 8 : -len(energies) // 6], mu[len(energies) // 8 : -len(energies) // 6]
    return energies, mu if kind == "whole" else 3 * mu - 1 + 2e-4 * (energies - energies[0])


def asked(rng):
    given = {}
    if rng.random() < 0.5:
        given["nnorm"] = int(rng.integers(0, 4))
    if rng.random() < 0.4:
        given["pre"] = tuple(float(v) for v in np.sort(rng.uniform(-60, -3, 2)))
    if rng.random() < 0.4:
        given["post"] = tuple(float(v) for v in np.sort(rng.uniform(10, 200, 2)))
    return given


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_the_windows_larch_gives_the_same(data_folder, kind):
    pre_edge = pytest.importorskip("larch.xafs", reason="larch is of the bench extra").pre_edge
    from larch import Group

    rng, compared = np.random.default_rng(KINDS.index(kind)), 0
    for whole in spectra(data_folder).values():
        for _ in range(5):
            energies, mu = scanned(*whole, kind, rng)
            given = asked(rng)
            theirs = Group(energy=energies, mu=mu)
            names = {"pre": ("pre1", "pre2"), "post": ("norm1", "norm2")}
            words = {n: v for key, pair in names.items() if key in given for n, v in zip(pair, given[key], strict=True)}
            pre_edge(theirs, **words, **{k: v for k, v in given.items() if k == "nnorm"})
            try:
                ours = [normalize_spectra(energies, mu, flatten=flat, **given) for flat in (False, True)]
            except DataError:
                continue  # a window wholly outside the scan: larch takes another one, we refuse
            compared += 1
            assert ours[0].e0 == pytest.approx(theirs.e0, abs=1e-6)
            assert ours[0].edge_step == pytest.approx(theirs.edge_step, rel=1e-6)
            np.testing.assert_allclose(ours[0].normalized, theirs.norm, atol=5e-6)
            np.testing.assert_allclose(ours[1].normalized, theirs.flat, atol=5e-6)
    assert compared > 20


@pytest.mark.parametrize("window", [{"pre": (-200, -150)}, {"post": (400, 500)}])
def test_a_window_wholly_outside_the_scan_is_refused(data_folder, window):
    with pytest.raises(DataError, match="No energy lies in the"):
        normalize_spectra(*spectra(data_folder)["MnO_rt_01"], **window)


def test_a_window_cut_to_the_scan_is_told(data_folder):
    told = normalize_spectra(*spectra(data_folder)["MnO_rt_01"], pre=(-90, -8), post=(30, 300)).windows.warnings
    assert len(told) == 2
    assert all("cut to it" in sentence for sentence in told)
    assert normalize_spectra(*spectra(data_folder)["MnO_rt_01"]).windows.warnings == ()


def test_an_order_that_few_samples_cannot_hold_is_told():
    energies = np.r_[6480:6526:15, 6530:6578:3, 6590:6620:12].astype(float)
    mu = 1 + np.arctan((energies - 6550) / 2)
    told = normalize_spectra(energies, mu, e0=6550, post=(40, 60), nnorm=3).windows.warnings
    assert any("order 3" in sentence for sentence in told)


def test_area_and_extremes_are_other_scales_of_the_same_spectrum():
    energies = np.arange(6480.0, 6720.0, 2.0)
    mu = 1 + 0.4 * (np.arctan((energies - 6550) / 2) / np.pi + 0.5)
    both = np.stack([mu, 1 + 3 * (mu - 1)], axis=1)
    area = normalize_spectra(energies, both, e0=6550, by="area", flatten=False).normalized
    np.testing.assert_allclose(area[:, 0], area[:, 1], atol=1e-9)
    after = energies >= 6550
    assert np.trapezoid(area[after, 0], energies[after]) / np.ptp(energies[after]) == pytest.approx(1, abs=0.02)
    extremes = normalize_spectra(energies, both, e0=6550, by="min-max").normalized
    assert extremes.min(axis=0).tolist() == [0, 0]
    assert extremes.max(axis=0).tolist() == [1, 1]


def test_e0_may_be_the_tabulated_edge_of_the_element():
    energies = np.arange(6400.0, 6720.0, 2.0)
    mu = 1 + np.arctan((energies - 6551) / 2)
    assert normalize_spectra(energies, mu, "table", element="Mn").e0 == 6539.0
    assert normalize_spectra(energies, mu).e0 == pytest.approx(6551, abs=2)
