"""What a user may choose in the reconstruction."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Lt

from ..parameters import parameter

Algorithm = Literal["fbp", "sirt", "cgls", "tv"]
Engine = Literal["numba", "astra", "algotom", "skimage"]
Filter = Literal["ramp", "shepp-logan", "cosine", "hamming", "hann"]
Magnification = Literal["auto", "rule", "metadata", "none"]
_Index = Annotated[int, Ge(0)]


@dataclass(frozen=True, slots=True)
class ReconstructParameters:
    """Parameters of the reconstruction of each energy's volume."""

    center: Literal["auto"] | Annotated[float, Ge(0)] | tuple[Annotated[float, Ge(0)], ...] = parameter(
        "auto",
        "Column of the rotation axis in the projections as corrected, binned where they are (0 is the middle of column 0): "
        "found, one for all energies, or one an energy.",
        unit="pixel",
        label="rotation axis",
    )
    algorithm: Literal["fbp", "sirt", "cgls", "tv"] = parameter(
        "fbp",
        "Filtered back-projection; or, for few views or a missing wedge, by iteration: sirt (smooth), cgls (fast), tv (least "
        "total variation: even regions with sharp edges).",
    )
    engine: Literal["auto", "numba", "astra", "algotom", "skimage"] = parameter(
        "auto",
        "What back-projects: our own kernels (numba), ASTRA where it is installed, or the plain peers algotom and "
        "scikit-image; auto is ASTRA where it finds a GPU, else numba.",
    )
    filter: Literal["auto", "ramp", "shepp-logan", "cosine", "hamming", "hann"] = parameter(
        "auto",
        "Filter: ramp is the sharpest and noisiest, hann the smoothest; auto is hann wherever there is noise, the same at "
        "all energies.",
    )
    magnification: Literal["auto", "rule", "metadata", "none"] = parameter(
        "auto",
        "Pixel size against energy: the zone-plate rule (proportional to energy), the files' metadata, none "
        "(the detector was moved to hold it), or auto, which looks at the metadata.",
    )
    tilt: Literal["auto"] | Annotated[float, Gt(-10), Lt(10)] = parameter(
        "auto",
        "Tilt of the rotation axis in the plane of the detector, by which its column grows down the rows: measured where the "
        "axis is found, or given.",
        unit="°",
    )
    iterations: Annotated[int, Ge(1)] | None = parameter(
        None, "Iterations of sirt, cgls or tv; none: as many as each usually needs (100, 15 and 200)."
    )
    regularization: Annotated[float, Gt(0)] = parameter(
        0.0005, "Weight of the total variation in tv, relative to the strongest that would leave nothing."
    )
    region: tuple[_Index, _Index, _Index, _Index, _Index, _Index] | None = parameter(
        None,
        "Part of the volume to make, to try a whole analysis on a small cut first: from and up to in z, y and x (slices, rows, "
        "columns of the whole volume); none: all of it.",
        unit="voxel",
    )
    circle: bool = parameter(
        True, "Leave what lies beyond the circle that the detector spans at 0; it is not seen in all views."
    )
