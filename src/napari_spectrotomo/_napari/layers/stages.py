"""What a viewer shows of a project after each stage."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.utils.colormaps import CyclicLabelColormap

from ...errors import ProjectError
from ..settings import setting
from .held import held_volumes
from .show import go_to_energy, go_to_sample, layer_of, put, show_only, take_away
from .tuples import (
    energy_layer,
    fullest_slice,
    limits,
    projections_layer,
    volume_layer,
    volumes_layer,
)

ROLES = {
    "reconstruct": ("raw",),
    "binarize": ("mask",),
    "label": ("particles",),
    "register": ("registered", "fixed", "difference raw", "difference registered"),
    "spectra": ("edge energy", "edge error", "edge step"),
}
"""The layers that show what each stage made."""

MAGENTA, GREEN, OUTLINE = "magenta", "green", (1.0, 0.83, 0.24, 1.0)


def show_stage(viewer: Any, project: Any, stage: str) -> None:
    """Show what a stage made, as far as it is there."""
    make = {
        "read": show_input,
        "reconstruct": show_volumes,
        "binarize": show_masks,
        "label": show_masks,
        "register": show_registration,
        "spectra": show_map,
    }
    if stage in make:
        try:
            make[stage](viewer, project)
        except ProjectError:
            return


def drop_stale(viewer: Any, project: Any) -> None:
    """Remove the layers of stages that have nothing any more, because an earlier one is being done again."""
    for stage, roles in ROLES.items():
        if project.state(stage) == "missing" and not (stage == "reconstruct" and project.kind == "stack"):
            take_away(viewer, *roles)


def show_input(viewer: Any, project: Any) -> None:
    """Show the projections of a scan, or the volumes of a stack."""
    if project.kind == "stack":
        show_volumes(viewer, project)
        return
    put(viewer, projections_layer(project.scan(), str(project.source)))
    if viewer.dims.ndim == 4:
        go_to_energy(viewer, len(project.energies) - 1)


def show_volumes(viewer: Any, project: Any) -> None:
    """Show the reconstructed attenuation, energies not done yet as NaN."""
    stack = _volumes(project)
    done = np.ones(len(stack), bool) if project.kind == "stack" else project.done("reconstruct")
    if not done.any():
        return
    first = layer_of(viewer, "raw") is None
    index = int(np.flatnonzero(done)[-1])
    take_away(viewer, "preview")
    layer = put(viewer, volumes_layer(stack, "raw", "Raw", index))
    if first:
        viewer.reset_view()
        go_to_energy(viewer, index)
        viewer.dims.set_current_step(1, fullest_slice(layer.data, index))
    show_only(viewer, "raw")


def show_masks(viewer: Any, project: Any) -> None:
    """Show the outlines of the masks over the volumes, and the particles of the fixed one."""
    stack = _raw(viewer, project)
    layer = put(viewer, energy_layer(project.masks(), stack, "mask", "Mask", opacity=1.0))
    layer.contour = 1
    layer.colormap = CyclicLabelColormap(
        colors=[(0.0, 0.0, 0.0, 0.0), OUTLINE]
    )  # a direct one would compile for seconds
    if project.state("label") == "done":
        labels = project.labels()
        put(viewer, volume_layer(labels, stack.voxel_size, "particles", "Particles", opacity=0.35))
        go_to_sample(viewer, labels)
    else:
        take_away(viewer, "particles")
    show_only(viewer, "raw", "mask", "particles")


def show_registration(viewer: Any, project: Any) -> None:
    """Show the registered volumes over the fixed one."""
    stack = _raw(viewer, project)
    registered = project.stack("registered")
    index = project.fixed_index
    name = f"Fixed {stack.energies[index]:.1f} eV"
    raw: Any = layer_of(viewer, "raw")
    fits = raw is not None and raw.data.shape == stack.data.shape
    fixed = (raw.data if fits else held_volumes(stack.data))[index]
    look: dict[str, Any] = {
        "blending": "additive",
        "contrast_limits": tuple(raw.contrast_limits) if fits else (0.0, 1.0),
    }
    put(viewer, volume_layer(fixed, stack.voxel_size, "fixed", name, colormap=MAGENTA, **look))
    put(viewer, volumes_layer(registered, "registered", "Registered", index, colormap=GREEN, **look))
    for which in ("raw", "registered"):
        try:
            difference = project.squared_difference(which)
        except ProjectError:
            continue
        look = {"colormap": "inferno", "contrast_limits": (0.0, 1.0), "visible": False}
        put(viewer, energy_layer(difference, stack, f"difference {which}", f"Squared difference {which}", **look))


def show_map(viewer: Any, project: Any) -> None:
    """Show the edge energy of every voxel with its colour bar; its error and the edge step wait beside it."""
    edge = project.edge_map()
    size = edge.voxel_size
    unit = layer_of(viewer, "raw")
    step_unit = unit.metadata.get("attenuation_unit", "") if unit is not None else ""
    maps = (
        ("edge error", "Edge energy error (eV)", edge.error, "magma"),
        ("edge step", f"Edge step ({step_unit})" if step_unit else "Edge step", edge.step, "gray"),
        ("edge energy", "Edge energy (eV)", edge.energy, setting("map_colormap")),
    )
    for role, name, values, colormap in maps:
        layer = put(
            viewer,
            volume_layer(
                values,
                size,
                role,
                name,
                colormap=colormap,
                contrast_limits=limits(values, 2, 98),
                blending="translucent",
            ),
        )
        layer.contrast_limits = limits(values, 2, 98)
        layer.colorbar.visible = True
    show_only(viewer, "edge energy")


def _raw(viewer: Any, project: Any) -> Any:
    if layer_of(viewer, "raw") is None:
        show_volumes(viewer, project)
    return _volumes(project)


def _volumes(project: Any) -> Any:
    """Give the volumes the project has made, or those it began from."""
    try:
        return project.stack("reconstruction")
    except ProjectError:
        if project.kind == "scan":
            raise
        return project.input()
