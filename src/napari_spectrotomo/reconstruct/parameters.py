"""What a user may choose in the reconstruction."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge

from ..parameters import parameter

Engine = Literal["algotom", "skimage"]
Filter = Literal["ramp", "shepp-logan", "cosine", "hamming", "hann"]
Magnification = Literal["auto", "rule", "metadata", "none"]


@dataclass(frozen=True, slots=True)
class ReconstructParameters:
    """Parameters of the reconstruction of each energy's volume."""

    center: Literal["auto"] | Annotated[float, Ge(0)] | tuple[Annotated[float, Ge(0)], ...] = parameter(
        "auto",
        "Column of the rotation axis (0 is the middle of column 0): found, one for all energies, or one an energy.",
        unit="pixel",
        label="rotation axis",
    )
    algorithm: Literal["fbp"] = parameter("fbp", "Filtered back-projection.")
    engine: Literal["auto", "algotom", "skimage"] = parameter(
        "auto", "Which library back-projects; auto takes the fastest there is."
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
