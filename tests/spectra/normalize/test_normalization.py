"""Normalised spectra: larch's own output, and the truths it rests on."""

import json

import numpy as np
import pytest

from napari_spectrotomo.errors import DataError
from napari_spectrotomo.spectra import normalize_spectra

ENERGIES = np.arange(6450.0, 6750.0, 2.0)


def edge(at=6550.0, step=0.7, energies=ENERGIES):
    return step * (0.5 + np.arctan((energies - at) / 1.5) / np.pi)


def larch_cases(folder):
    arrays = np.load(folder / "oracle" / "larch.npz")
    for name, peer in json.loads((folder / "oracle" / "larch.json").read_text()).items():
        g = peer["given"]
        asked = (
            {"e0": g["e0"], "pre": (g["pre1"], g["pre2"]), "post": (g["norm1"], g["norm2"]), "nnorm": int(g["nnorm"])}
            if g
            else {}
        )
        yield name, peer, {k: arrays[f"{name}/{k}"] for k in ("energy", "mu", "normalized", "flattened")}, asked


def test_normalisation_is_larchs_to_a_millionth(data_folder):
    for name, peer, a, asked in larch_cases(data_folder):
        raw = normalize_spectra(a["energy"], a["mu"], flatten=False, **asked)
        flat = normalize_spectra(a["energy"], a["mu"], **asked)
        assert abs(raw.e0 - peer["e0"]) < 1e-3, name
        assert raw.edge_step == pytest.approx(peer["edge_step"], rel=1e-8), name
        np.testing.assert_allclose(raw.normalized, a["normalized"], atol=1e-8, err_msg=name)
        np.testing.assert_allclose(flat.normalized, a["flattened"], atol=1e-8, err_msg=name)


def test_larchs_windows_are_found_when_none_are_given(data_folder):
    for name, peer, a, asked in larch_cases(data_folder):
        w = normalize_spectra(a["energy"], a["mu"], **asked).windows
        assert (*w.pre, *w.post, w.nnorm) == pytest.approx(
            [peer[k] for k in ("pre1", "pre2", "norm1", "norm2", "nnorm")]
        ), name


def test_a_background_line_and_a_gain_change_nothing():
    mu = edge()
    plain = normalize_spectra(ENERGIES, mu, e0=6550)
    other = normalize_spectra(ENERGIES, 3 * mu + 5 - 0.01 * (ENERGIES - 6500), e0=6550)
    np.testing.assert_allclose(other.normalized, plain.normalized, atol=1e-10)
    assert other.edge_step == pytest.approx(3 * plain.edge_step)


def test_many_spectra_at_once_are_normalised_as_each_alone():
    rng = np.random.default_rng(1)
    mu = edge()[:, None, None] * rng.uniform(0.5, 2, (1, 2, 3)) + 0.01 * rng.standard_normal((len(ENERGIES), 2, 3))
    together = normalize_spectra(ENERGIES, mu, e0=6550)
    assert together.normalized.shape == mu.shape
    assert together.edge_step.shape == (2, 3)
    for i in np.ndindex(2, 3):
        alone = normalize_spectra(ENERGIES, mu[(slice(None), *i)], e0=6550)
        np.testing.assert_allclose(together.normalized[(slice(None), *i)], alone.normalized, atol=1e-10)


def test_a_spectrum_with_a_gap_is_undefined_and_leaves_the_others_alone():
    mu = np.stack([edge(), edge(step=2.0)], axis=1)
    mu[40, 0] = np.nan
    norm = normalize_spectra(ENERGIES, mu)
    assert np.isnan(norm.normalized[:, 0]).all()
    np.testing.assert_allclose(norm.normalized[:, 1], normalize_spectra(ENERGIES, mu[:, 1]).normalized, atol=1e-12)


def test_energies_in_any_order_give_spectra_in_that_order():
    shuffled = np.random.default_rng(0).permutation(len(ENERGIES))
    plain = normalize_spectra(ENERGIES, edge())
    other = normalize_spectra(ENERGIES[shuffled], edge()[shuffled])
    np.testing.assert_allclose(other.normalized, plain.normalized[shuffled])


def test_single_precision_stays_single_and_agrees():
    norm = normalize_spectra(ENERGIES, edge().astype(np.float32)[:, None])
    assert norm.normalized.dtype == np.float32
    np.testing.assert_allclose(norm.normalized[:, 0], normalize_spectra(ENERGIES, edge()).normalized, atol=1e-5)


@pytest.mark.parametrize(
    ("energies", "mu", "options", "words"),
    [
        (ENERGIES[:3], edge()[:3], {}, "at least 4"),
        (ENERGIES / 1000, edge(), {}, "keV"),
        (np.r_[ENERGIES[:-1], ENERGIES[0]], edge(), {}, "occurs twice"),
        (ENERGIES, edge()[:-1], {}, "do not fit"),
        (ENERGIES, edge() * np.nan, {}, "all energies"),
        (ENERGIES, edge(), {"e0": 7112.0}, "not inside the scan"),
        (ENERGIES, edge(), {"post": (400.0, 500.0)}, "post-edge window"),
    ],
)
def test_what_cannot_be_normalised_is_refused_with_advice(energies, mu, options, words):
    with pytest.raises(DataError, match=words):
        normalize_spectra(energies, mu, **options)
