"""What can be chosen when volumes become masks and masks become particles."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

from ..parameters import parameter

Method = Literal["auto", "otsu", "li", "triangle", "multi-otsu", "minimum"]
Vertices = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class BinarizeParameters:
    """How a volume of attenuation becomes a mask of the sample."""

    method: Literal["auto", "otsu", "li", "triangle", "multi-otsu", "minimum"] = parameter(
        "auto", "Threshold on each volume's own histogram; 'auto' is the half height between sample and background."
    )
    shift: Annotated[float, Ge(-1), Le(1)] = parameter(
        0.0,
        "By how much every threshold is moved, as a share of the step from background to sample at its energy; 0: as found.",
        label="threshold shift",
        later=True,
    )
    thresholds: tuple[tuple[float, float], ...] | None = parameter(
        None,
        "Thresholds of your own at single energies: (energy in eV, grey level in the volume's unit). Empty: none.",
        label="own thresholds",
        later=True,
    )
    sigma: Annotated[float, Ge(0)] | None = parameter(
        None,
        "Gaussian smoothing before the threshold; empty: as little as the noise allows, and salt-and-pepper noise is filled.",
        unit="voxel",
    )
    min_size: Annotated[int, Ge(0)] = parameter(50, "Bodies of fewer voxels are noise and are removed.", unit="voxel")
    max_size: Annotated[int, Ge(1)] | None = parameter(
        None, "Bodies of more voxels (a capillary wall, a binder) are removed; empty: none is.", unit="voxel"
    )
    clear_border: bool = parameter(False, "Remove bodies that touch a face of the volume.")
    keep_largest: Annotated[int, Ge(1)] | None = parameter(
        None, "Keep only so many bodies, the largest; empty: all of them."
    )
    region: tuple[tuple[float, float], ...] | None = parameter(
        None, "Corners (y, x) of a polygon; only what lies inside it is sample. Empty: everywhere.", unit="voxel"
    )
    region_z: tuple[int, int] | None = parameter(
        None, "First slice and the one after the last in which there is sample; empty: all slices.", unit="slice"
    )
    field: Literal["auto", "circle", "all"] = parameter(
        "auto",
        "What of a square slice is trusted: 'auto' drops bodies that lie mostly outside the inscribed circle, "
        "'circle' clears all that is outside it, 'all' keeps everything.",
    )
    fill_holes: bool = parameter(False, "Fill cavities that are closed on all sides.")
    masks: str | None = parameter(None, "File of masks of your own, (E, z, y, x) or (z, y, x), used instead.")


@dataclass(frozen=True, slots=True)
class LabelParameters:
    """How the mask of the fixed volume becomes numbered particles."""

    separate: bool = parameter(True, "Separate particles that touch, at their necks.")
    closing: Annotated[float, Ge(0)] | None = parameter(
        None,
        "Cracks and pores up to twice this wide are closed before necks are looked for; empty: from the particles' size.",
        unit="voxel",
    )
    depth: Annotated[float, Gt(0), Le(1)] = parameter(
        0.2,
        "How much narrower than the smaller of two bodies their neck must be to part them, as a fraction of its radius.",
    )
    min_fraction: Annotated[float, Ge(0), Le(1)] = parameter(
        0.05,
        "Pieces smaller than this fraction of the largest particle join the particle they touch, or are left out.",
    )
    labels: str | None = parameter(None, "TIFF of particle labels (z, y, x) of your own, used instead.")
