"""What a viewer shows of a project after each stage."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

from napari.utils.colormaps import CyclicLabelColormap

from ...errors import ProjectError
from ..turns import at_once
from .composed import composed_layers
from .held import held_volume, held_volumes
from .maps import MAP_ROLES, map_layers, put_map
from .ready import Ready, particles_layer, raw_layer, volumes_of
from .show import (
    COMPOSITION_ROLES,
    PREVIEW_ROLES,
    go_to_energy,
    go_to_sample,
    layer_of,
    put,
    put_steps,
    show_only,
    take_away,
)
from .solid import SOLID_ROLES
from .tuples import FULLEST, ROLE, LayerTuple, energy_layer, projections_layer, volume_layer, volumes_layer

ROLES = {
    "reconstruct": ("raw", "fixed"),
    "binarize": ("mask",),
    "label": ("particles",),
    "register": (
        *("registered", "difference raw", "difference registered", "checkerboard"),
        *("outlines", "nudge", "jacobian", "field"),
    ),
    "spectra": (*MAP_ROLES, *SOLID_ROLES),
    "composition": COMPOSITION_ROLES,
}
"""The layers that show what each stage made."""

Showing = Generator[None, None, tuple[str, ...]]
"""Steps that put layers in their place, and in the end the roles of those that are to be seen."""

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
    at_once(stage_steps(viewer, project, stage, ready))


def stage_steps(
    viewer: Any, project: Any, stage: str, ready: Ready | None = None, *, seen: bool = True
) -> Iterator[None]:
    """Show what a stage made, about a layer a step: napari takes tens of milliseconds for each, in which the window stands still.

    Parameters
    ----------
    viewer, project, stage, ready
        As for `show_stage`.
    seen : bool
        Whether the layers are seen in the end; else they wait.
    """
    make: dict[str, Callable[[Any, Any, Ready], Showing]] = {
        "read": _input,
        "reconstruct": _volumes,
        "binarize": _masks,
        "label": _masks,
        "register": _registration,
        "spectra": _map,
        "composition": _composition,
    }
    if stage not in make:
        return
    try:
        roles = yield from make[stage](viewer, project, ready or {})
    except ProjectError:
        return
    if seen and roles:
        yield
        show_only(viewer, *roles)


def drop_stale(viewer: Any, project: Any) -> None:
    """Remove the layers of stages that have nothing any more, because an earlier one is being done again."""
    for stage, roles in ROLES.items():
        if project.state(stage) == "missing" and not (stage == "reconstruct" and project.kind == "stack"):
            take_away(viewer, *roles)


def _hidden(made: LayerTuple) -> LayerTuple:
    """Give a layer that is not seen when it is new: napari would slice and draw it before all is in its place."""
    data, given, kind = made
    return data, given | {"visible": False}, kind


def _input(viewer: Any, project: Any, ready: Ready) -> Showing:
    """Show the projections of a scan, or the volumes of a stack."""
    if project.kind == "stack":
        return (yield from _volumes(viewer, project, ready))
    yield from put_steps(viewer, ready.get("projections") or projections_layer(project.scan(), str(project.source)))
    yield
    if viewer.dims.ndim == 4:
        go_to_energy(viewer, len(project.energies) - 1)
    return ()


def _volumes(viewer: Any, project: Any, ready: Ready) -> Showing:
    """Show the reconstructed attenuation, energies not done yet as NaN."""
    before = layer_of(viewer, "raw")
    look = {} if before is None else {"contrast_limits": tuple(before.contrast_limits)}
    made = ready.get("raw") or raw_layer(project, **look)
    if made is None:
        return ()
    take_away(viewer, *PREVIEW_ROLES)
    yield from put_steps(viewer, _hidden(made))
    if before is None:
        yield
        viewer.reset_view()
        go_to_energy(viewer, _last_done(project))
        viewer.dims.set_current_step(1, made[1]["metadata"][FULLEST])
    return ("raw",)


def _masks(viewer: Any, project: Any, ready: Ready) -> Showing:
    """Show the outlines of the masks over the volumes, and the particles of the fixed one."""
    stack = yield from _raw(viewer, project, ready)
    data, given, kind = energy_layer(project.masks(), stack, "mask", "Mask", opacity=1.0)
    colors = CyclicLabelColormap(colors=[(0.0, 0.0, 0.0, 0.0), OUTLINE])  # a direct one would compile for seconds
    layer: Any = yield from put_steps(viewer, _hidden((data, given | {"colormap": colors}, kind)))
    layer.contour = 1
    yield
    if project.state("label") == "done":
        labels = yield from put_steps(viewer, _hidden(ready.get("particles") or particles_layer(project)))
        yield
        go_to_sample(viewer, labels.data, labels.metadata[FULLEST])
    else:
        take_away(viewer, "particles")
    return "raw", "mask", "particles"


def _registration(viewer: Any, project: Any, ready: Ready) -> Showing:
    """Show the registered volumes over the fixed one."""
    stack = yield from _raw(viewer, project, ready)
    registered = project.stack("registered")
    fixed: Any = show_fixed(viewer, project)
    index = project.fixed_index
    look: dict[str, Any] = {"blending": "additive", "contrast_limits": tuple(fixed.contrast_limits)}
    yield
    made = volumes_layer(registered, "registered", "Registered", index, colormap=GREEN, **look)
    yield from put_steps(viewer, _hidden(made))
    for which in ("raw", "registered"):
        try:
            difference = project.squared_difference(which)
        except ProjectError:
            continue
        yield
        look = {"colormap": "inferno", "contrast_limits": (0.0, 1.0), "visible": False}
        made = energy_layer(difference, stack, f"difference {which}", f"Squared difference {which}", **look)
        yield from put_steps(viewer, made)
    if _compared(viewer) and project.state("register") != "done":
        return ()  # energies that are not moved yet have nothing to show
    return "fixed", "registered"


def _compared(viewer: Any) -> bool:
    """Say whether raw volumes are looked at beside the fixed one."""
    seen = {layer.metadata.get(ROLE) for layer in viewer.layers if layer.visible}
    return {"fixed", "raw"} <= seen or not seen.isdisjoint(("outlines", "checkerboard"))


def show_fixed(viewer: Any, project: Any) -> Any:
    """Put the fixed volume in its place, in magenta, with the contrast of the raw ones; give its layer, not seen yet."""
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
            visible=False,
        ),
    )


def _map(viewer: Any, project: Any, ready: Ready) -> Showing:
    """Show the edge energy of every voxel with its colour bar; its error, the edge step and the valence wait beside it."""
    maps = _ready_of(ready, "spectra") or map_layers(project)
    take_away(viewer, *(set(ROLES["spectra"]) - maps.keys()))  # the surface too: it is painted anew
    for role in reversed(MAP_ROLES):
        if role in maps:
            yield
            yield from put_map(viewer, _hidden(maps[role]))
    return ("edge energy",)


def _composition(viewer: Any, project: Any, ready: Ready) -> Showing:
    """Show the composition in colours, or else the clusters or the first component; the other maps wait beside them."""
    maps = _ready_of(ready, "composition") or composed_layers(project)
    take_away(viewer, *(set(COMPOSITION_ROLES) - maps.keys()))
    for layer in maps.values():
        yield
        yield from put_map(viewer, _hidden(layer))
    first = next((role for role in ("composition", "clusters", "component 1") if role in maps), None)
    return () if first is None else (first,)


def _ready_of(ready: Ready, stage: str) -> Ready:
    return {role: ready[role] for role in ready if role in ROLES[stage]}


def _raw(viewer: Any, project: Any, ready: Ready) -> Generator[None, None, Any]:
    """Put the raw volumes where there are none yet; give the stack they are of."""
    if layer_of(viewer, "raw") is None:
        yield from _volumes(viewer, project, ready)
        yield
    return volumes_of(project)


def _last_done(project: Any) -> int:
    if project.kind == "stack":
        return len(project.energies) - 1
    return int(project.done("reconstruct").nonzero()[0][-1])
