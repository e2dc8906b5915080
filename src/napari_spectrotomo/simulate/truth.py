"""What a simulated scan was made of, and the files that say so."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from ..data import FloatArray
from ..errors import DataError, ReadError
from ..parameters import as_plain
from ..spectra import edge_energy_of
from .chemistry import Chemistry
from .detector import FRAMES, OFFSET, READ_NOISE
from .parameters import SimulateParameters
from .phantom import Particle
from .standards import FINE_STEP, half_heights, oxide_spectrum


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The truth of a scan of E energies and P particles, on the grid of the last energy (R rows, C columns).

    Attributes
    ----------
    energies_eV, pixel_size_nm : (E,)
    angles_deg : (A,)
    voxel_size_nm, cor_col : float
        Voxel size, and the detector column of the rotation axis.
    labels : (R, C, C) uint8
        0 = empty, cracks too; k = particle k, 1 being the upper one.
    rho, f : (R, C, C) float32
        Density 0..1; fraction of the oxide of higher valence (NaN outside).
    edge_eV : (R, C, C) float32
        Half height of the voxel's own normalised spectrum, on a fine grid.
    edge_scan_eV : (R, C, C) float32
        The same at the scan's energies with straight lines between them: the bias of sampling.
    edge_ref_eV : (R, C, C) float32
        What `edge_energy_of` makes of the noise-free attenuation: the bias of sampling and normalisation.
    attenuation_last_cm1 : (R, C, C) float32, 1/cm, at the last energy
    matrices : (P, E, 4, 4)
        Index of a point of the fixed grid (z, y, x, 1) to that of the same material at an energy, magnification removed.
    matrices_raw : (P, E, 4, 4)
        The same into the raw volume of that energy, whose voxels have its own pixel size.
    centroids : (P, 3)
    mu_pre_cm1, mu_jump_cm1 : (E,), 1/cm
        Attenuation = rho (mu_pre + mu_jump s), s the normalised spectrum.
    fine_energy_eV : (n,)
    spectra : dict of str to (E,)
        Keyed by ``spectrum_<oxide>`` at the scan's energies and ``fine_<oxide>`` at the fine ones, f = 0 first.
    meta : dict
        Parameters and conventions.
    """

    energies_eV: FloatArray
    pixel_size_nm: FloatArray
    angles_deg: FloatArray
    voxel_size_nm: float
    cor_col: float
    labels: npt.NDArray[np.uint8]
    rho: FloatArray
    f: FloatArray
    edge_eV: FloatArray
    edge_scan_eV: FloatArray
    edge_ref_eV: FloatArray
    attenuation_last_cm1: FloatArray
    matrices: FloatArray
    matrices_raw: FloatArray
    centroids: FloatArray
    mu_pre_cm1: FloatArray
    mu_jump_cm1: FloatArray
    fine_energy_eV: FloatArray
    spectra: dict[str, FloatArray] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)

    def arrays(self) -> dict[str, Any]:
        """Give every array by the name it has in ``truth.npz``."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("spectra", "meta")}
        return plain | self.spectra


def write_truth(truth: Truth, folder: str | Path) -> None:
    """Write ``truth.npz`` and ``truth.json`` into a folder, which is made where it is missing."""
    home = Path(folder)
    home.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(home / "truth.npz", **truth.arrays())
    (home / "truth.json").write_text(json.dumps(truth.meta, indent=1, ensure_ascii=False), encoding="utf-8")


def load_truth(folder: str | Path) -> Truth:
    """Read what `write_truth` wrote.

    Raises
    ------
    ReadError
        If the folder holds no truth, or one that is not whole.
    """
    home = Path(folder)
    try:
        with np.load(home / "truth.npz") as file:
            arrays = {name: file[name] for name in file.files}
        meta = json.loads((home / "truth.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, BadZipFile) as error:
        raise ReadError(f"{home} holds no whole truth of a simulated scan (truth.npz, truth.json): {error}.") from error
    names = [f.name for f in fields(Truth) if f.name not in ("spectra", "meta")]
    if missing := [name for name in names if name not in arrays]:
        raise ReadError(f"{home / 'truth.npz'} lacks {', '.join(missing)}: it is not the truth of a simulated scan.")
    plain: dict[str, Any] = {name: float(arrays[name]) if arrays[name].ndim == 0 else arrays[name] for name in names}
    return Truth(**plain, spectra={n: a for n, a in arrays.items() if n not in plain}, meta=meta)


def truth_of(
    parameters: SimulateParameters,
    particles: tuple[Particle, ...],
    chemistry: Chemistry,
    matrices: FloatArray,
    raw: FloatArray,
    pixel_size: FloatArray,
    angles: FloatArray,
    center: float,
    dead: npt.NDArray[np.int64],
) -> Truth:
    """Put together what is known of a scan made of these."""
    p, energies = parameters, np.array(parameters.energies)
    labels = np.zeros(particles[0].inside.shape, np.uint8)
    f = np.full(labels.shape, np.nan, np.float32)
    for k, particle in enumerate(particles, 1):
        labels[particle.inside] = k
        f[particle.inside] = particle.fraction[particle.inside]
    fine = np.arange(6400.0, 6800.0, FINE_STEP)
    ends = ((p.low, chemistry.low, oxide_spectrum(p.low, fine)), (p.high, chemistry.high, oxide_spectrum(p.high, fine)))
    last = np.stack([chemistry.attenuation(k, len(energies) - 1) for k in particles]).sum(axis=0)
    truth = Truth(
        energies_eV=energies,
        pixel_size_nm=pixel_size,
        angles_deg=angles,
        voxel_size_nm=p.pixel_size,
        cor_col=center,
        labels=labels,
        rho=np.stack([k.density for k in particles]).sum(axis=0),
        f=f,
        **_edges(energies, chemistry, fine, ends[0][2], ends[1][2], f),
        attenuation_last_cm1=(last * 1e4).astype(np.float32),
        matrices=matrices,
        matrices_raw=raw,
        centroids=np.stack([k.centroid for k in particles]),
        mu_pre_cm1=chemistry.before * 1e4,
        mu_jump_cm1=chemistry.jump * 1e4,
        fine_energy_eV=fine,
        spectra={f"spectrum_{name.lower()}": coarse for name, coarse, _ in ends}
        | {f"fine_{name.lower()}": smooth for name, _, smooth in ends},
    )
    return replace(truth, meta=_meta(p, truth, dead))


def _edges(
    energies: FloatArray, chemistry: Chemistry, fine: FloatArray, low: FloatArray, high: FloatArray, f: FloatArray
) -> dict[str, Any]:
    """Edge energies of every voxel, by a table over the fraction."""
    table = np.linspace(0, 1, 101)
    sampled = np.outer(chemistry.low, 1 - table) + np.outer(chemistry.high, table)
    try:
        judged = edge_energy_of(energies, chemistry.before[:, None] + chemistry.jump[:, None] * sampled)
    except DataError:
        judged = np.full(len(table), np.nan)
    found = {
        "edge_eV": half_heights(fine, np.outer(low, 1 - table) + np.outer(high, table)),
        "edge_scan_eV": half_heights(energies, sampled),
        "edge_ref_eV": judged,
    }
    return {name: np.interp(f, table, values).astype(np.float32) for name, values in found.items()}


def _meta(p: SimulateParameters, truth: Truth, dead: npt.NDArray[np.int64]) -> dict[str, Any]:
    rows, columns = p.rows, p.columns
    particles = []
    for k, name in enumerate(("upper", "lower"), 1):
        inside = truth.labels == k
        edge, fraction = truth.edge_eV[inside], truth.f[inside]
        particles.append(
            {
                "label": k,
                "name": name,
                "centroid_zyx": truth.centroids[k - 1].tolist(),
                "n_voxels": int(inside.sum()),
                "f_mean": float(fraction.mean()),
                "f_std": float(fraction.std()),
                "edge_median_eV": float(np.median(edge)),
                "edge_std_eV": float(edge.std()),
            }
        )
    return {
        "config": "simulated",
        "parameters": as_plain(p),
        "seed": p.seed,
        "shape_zyx": [rows, columns, columns],
        "energies_eV": truth.energies_eV.tolist(),
        "pixel_size_nm": truth.pixel_size_nm.tolist(),
        "voxel_size_nm": truth.voxel_size_nm,
        "magnification_rel_last": (truth.voxel_size_nm / truth.pixel_size_nm).tolist(),
        "angles_deg": truth.angles_deg.tolist(),
        "angle_endpoint_included": True,
        "rotation_centre_col": truth.cor_col,
        "magnification_centre_row": (rows - 1) / 2,
        "magnification_centre_col": truth.cor_col,
        "geometry": "detector col = rotation_centre_col + m [(x-xc) cos(angle) - (y-yc) sin(angle)], row = zc + m (z-zc), "
        "m = voxel_size_nm / pixel_size_nm; axis at slice index ((columns-1)/2, (columns-1)/2); matrices act from the fixed grid",
        "mu_model": f"mu = rho (mu_pre + mu_jump ((1-f) {p.low} + f {p.high})), 1/cm",
        "mu_pre_cm1": truth.mu_pre_cm1.tolist(),
        "mu_jump_cm1": truth.mu_jump_cm1.tolist(),
        "standards": [p.low, p.high],
        "photons": p.photons,
        "read_noise_dn": READ_NOISE,
        "dark_offset": OFFSET,
        "n_flat": 2 * FRAMES,
        "n_dark": FRAMES,
        "dead_pixels_rc": dead.tolist(),
        "particles": particles,
    }
