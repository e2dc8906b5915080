"""What a viewer shows of a project after each stage."""

from __future__ import annotations

from typing import Any

from napari.utils.colormaps import CyclicLabelColormap

from ...errors import ProjectError
from .composed import composed_layers
from .held import held_volume, held_volumes
from .maps import MAP_ROLES, map_layers, put_map
from .ready import Ready, particles_layer, raw_layer, volumes_of
from .show import COMPOSITION_ROLES, PREVIEW_ROLES, go_to_energy, go_to_sample, layer_of, put, show_only, take_away
from .solid import SOLID_ROLES
from .tuples import FULLEST, energy_layer, projections_layer, volume_layer, volumes_layer

ROLES = {
    "reconstruct": ("raw",),
    "binarize": ("mask",),
    "label": ("particles",),
    "register": (
        *("registered", "fixed", "difference raw", "difference registered", "checkerboard"),
        *("outline fixed", "outline moving", "nudge", "jacobian", "field"),
    ),
    "spectra": (*MAP_ROLES, *SOLID_ROLES),
    "composition": COMPOSITION_ROLES,
}
"""The layers that show what each stage made."""

MAGENTA, GREEN, OUTLINE = "magenta", "green", (1.0, 0.83, 0.24, 1.0)


def show_stage(viewer: Any, project: Any, stage: str, ready: Ready | None = None) -> None:
    """Show what a stage made, as far as it is there.

    Parameters
    ----------
    viewer : napari viewer
    project : Project
    stage : str
    ready : dict, optional
        Layers that `made_ready` made in a worker; those it lacks are made now.
    """
    make = {
        "read": show_input,
        "reconstruct": show_volumes,
        "binarize": show_masks,
        "label": show_masks,
        "register": show_registration,
        "spectra": show_map,
        "composition": show_composition,
    }
    if stage in make:
        try:
            make[stage](viewer, project, ready or {})
        except ProjectError:
            return


def drop_stale(viewer: Any, project: Any) -> None:
    """Remove the layers of stages that have nothing any more, because an earlier one is being done again."""
    for stage, roles in ROLES.items():
        if project.state(stage) == "missing" and not (stage == "reconstruct" and project.kind == "stack"):
            take_away(viewer, *roles)


def show_input(viewer: Any, project: Any, ready: Ready) -> None:
    """Show the projections of a scan, or the volumes of a stack."""
    if project.kind == "stack":
        show_volumes(viewer, project, ready)
        return
    put(viewer, ready.get("projections") or projections_layer(project.scan(), str(project.source)))
    if viewer.dims.ndim == 4:
        go_to_energy(viewer, len(project.energies) - 1)


def show_volumes(viewer: Any, project: Any, ready: Ready) -> None:
    """Show the reconstructed attenuation, energies not done yet as NaN."""
    before = layer_of(viewer, "raw")
    look = {} if before is None else {"contrast_limits": tuple(before.contrast_limits)}
    made = ready.get("raw") or raw_layer(project, **look)
    if made is None:
        return
    take_away(viewer, *PREVIEW_ROLES)
    data, given, kind = made
    # hidden until the sliders are in place: napari would read the energies that they pass on their way
    put(viewer, (data, given if before is not None else given | {"visible": False}, kind))
    if before is None:
        viewer.reset_view()
        go_to_energy(viewer, _last_done(project))
        viewer.dims.set_current_step(1, made[1]["metadata"][FULLEST])
    show_only(viewer, "raw")


def show_masks(viewer: Any, project: Any, ready: Ready) -> None:
    """Show the outlines of the masks over the volumes, and the particles of the fixed one."""
    stack = _raw(viewer, project, ready)
    layer = put(viewer, energy_layer(project.masks(), stack, "mask", "Mask", opacity=1.0))
    layer.contour = 1
    layer.colormap = CyclicLabelColormap(
        colors=[(0.0, 0.0, 0.0, 0.0), OUTLINE]
    )  # a direct one would compile for seconds
    if project.state("label") == "done":
        labels = put(viewer, ready.get("particles") or particles_layer(project))
        go_to_sample(viewer, labels.data, labels.metadata[FULLEST])
    else:
        take_away(viewer, "particles")
    show_only(viewer, "raw", "mask", "particles")


def show_registration(viewer: Any, project: Any, ready: Ready) -> None:
    """Show the registered volumes over the fixed one."""
    stack = _raw(viewer, project, ready)
    registered = project.stack("registered")
    fixed: Any = show_fixed(viewer, project)
    index = project.fixed_index
    look: dict[str, Any] = {"blending": "additive", "contrast_limits": tuple(fixed.contrast_limits)}
    put(viewer, volumes_layer(registered, "registered", "Registered", index, colormap=GREEN, **look))
    for which in ("raw", "registered"):
        try:
            difference = project.squared_difference(which)
        except ProjectError:
            continue
        look = {"colormap": "inferno", "contrast_limits": (0.0, 1.0), "visible": False}
        put(viewer, energy_layer(difference, stack, f"difference {which}", f"Squared difference {which}", **look))
    show_only(viewer, "fixed", "registered")


def show_fixed(viewer: Any, project: Any) -> Any:
    """Put the fixed volume in its place, in magenta, with the contrast of the raw ones; give its layer."""
    stack = volumes_of(project)
    index = project.fixed_index
    raw: Any = layer_of(viewer, "raw")
    fits = raw is not None and raw.data.shape == stack.data.shape
    return put(
        viewer,
        volume_layer(
            held_volume(raw.data if fits else held_volumes(stack.data), index),
            stack.voxel_size,
            "fixed",
            f"Fixed {stack.energies[index]:.1f} eV",
            colormap=MAGENTA,
            blending="additive",
            contrast_limits=tuple(raw.contrast_limits) if fits else (0.0, 1.0),
        ),
    )


def show_map(viewer: Any, project: Any, ready: Ready) -> None:
    """Show the edge energy of every voxel with its colour bar; its error, the edge step and the valence wait beside it."""
    maps = _ready_of(ready, "spectra") or map_layers(project)
    take_away(viewer, *(set(ROLES["spectra"]) - maps.keys()))  # the surface too: it is painted anew
    for role in reversed(MAP_ROLES):
        if role in maps:
            put_map(viewer, maps[role])
    show_only(viewer, "edge energy")


def show_composition(viewer: Any, project: Any, ready: Ready) -> None:
    """Show the composition in colours, or else the clusters or the first component; the other maps wait beside them."""
    maps = _ready_of(ready, "composition") or composed_layers(project)
    take_away(viewer, *(set(COMPOSITION_ROLES) - maps.keys()))
    for layer in maps.values():
        put_map(viewer, layer)
    first = next((role for role in ("composition", "clusters", "component 1") if role in maps), None)
    if first is not None:
        show_only(viewer, first)


def _ready_of(ready: Ready, stage: str) -> Ready:
    return {role: ready[role] for role in ready if role in ROLES[stage]}


def _raw(viewer: Any, project: Any, ready: Ready) -> Any:
    if layer_of(viewer, "raw") is None:
        show_volumes(viewer, project, ready)
    return volumes_of(project)


def _last_done(project: Any) -> int:
    if project.kind == "stack":
        return len(project.energies) - 1
    return int(project.done("reconstruct").nonzero()[0][-1])
