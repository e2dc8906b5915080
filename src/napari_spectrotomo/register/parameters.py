"""What can be chosen when masks are registered."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Lt

from ..parameters import parameter

Status = Literal["converged", "limit", "aborted", "failed"]


@dataclass(frozen=True, slots=True)
class RegisterParameters:
    """How the mask of every energy is registered to that of the fixed one."""

    engine: Literal["auto", "gauss-newton", "simpleitk"] = parameter(
        "auto", "Solver: 'simpleitk' is the published method; 'gauss-newton', our own, is what 'auto' takes."
    )
    transform: Literal["translation", "rigid", "similarity", "affine", "deformable"] = parameter(
        "affine",
        "What may move: shifts; with rotation (rigid); with one scale (similarity); with shear (affine); with a field on top.",
    )
    fixed: int = parameter(
        -1,
        "Index of the energy that all others are registered to; -1 is the highest.",
        label="fixed (-1: highest)",
    )
    by_particle: bool = parameter(
        True, "Whether each particle gets a transform of its own beside that of the whole, where particles are known."
    )
    refine: Literal["auto", "grey", "none"] = parameter(
        "auto", "Whether transforms of masks are refined on the grey volumes; 'auto' does where those are given."
    )
    reference: Literal["fixed", "chain"] = parameter(
        "fixed",
        "What an energy is compared with: the fixed energy, or its neighbour (chain), where absorption changes much on the way.",
    )
    smooth: Literal["trend"] | None = parameter(
        None, "Whether transforms are made to vary smoothly in the order of acquisition (trend)."
    )
    deformation_spacing: Annotated[int, Ge(4)] = parameter(
        12, "Distance of the control points of a deformation.", unit="voxel"
    )
    stiffness: Annotated[float, Gt(0)] = parameter(
        1.0, "How much a deformation resists bending; less follows noise, more follows the affine."
    )
    max_iterations: Annotated[int, Ge(1)] = parameter(200, "Iterations at most, a level.")
    min_step: Annotated[float, Gt(0)] = parameter(
        0.002, "A level is finished when its steps are shorter than this.", unit="voxel"
    )
    smoothing: Annotated[float, Gt(0)] | None = parameter(
        None,
        "Gaussian smoothing of the masks at the finest level, which gives surfaces a gradient; by default 0.8 (ours) or 1.",
        unit="voxel",
    )
    samples: Annotated[int, Ge(1000)] = parameter(
        100_000, "Points about the surface that our solver looks at, at most; fewer are faster and less exact."
    )
    levels: Annotated[int, Ge(1), Lt(6)] = parameter(
        3,
        "Resolutions of the published method, each half as fine as the next; ours takes as many as there are.",
        hidden=True,
    )
    relaxation: Annotated[float, Gt(0), Lt(1)] = parameter(
        0.6, "What the published method leaves of a step when the gradient turns back on itself.", hidden=True
    )

    @property
    def matrix_transform(self) -> Literal["translation", "rigid", "similarity", "affine"]:
        """What matrices may do: a deformation lies on top of an affine one."""
        return "affine" if self.transform == "deformable" else self.transform
