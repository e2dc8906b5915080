"""What takes time to read of a project, made into layers in a worker: the GUI thread only puts them in their place."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from napari.layers import Labels

from ...data import EnergyStack
from ...errors import ProjectError
from ..registered import registered
from .composed import composed_layers
from .map_colors import label_colors
from .maps import map_layers
from .tuples import FULLEST, LayerTuple, projections_layer, volume_layer, volumes_layer

Ready = dict[str, LayerTuple]
"""Layers by their role."""


def made_ready(project: Any, *stages: str) -> Ready:
    """Make the layers of these stages that must be read for, as far as there is something; the others cost nothing.

    Parameters
    ----------
    project : Project
    stages : str
        Of 'read', 'reconstruct', 'binarize', 'label', 'register', 'spectra' and 'composition'.
    """
    ready: Ready = {}
    makers = {
        "read": _input,
        "reconstruct": _volumes,
        "binarize": _labels_at_hand,
        "label": _particles,
        "register": _tables_at_hand,
        "spectra": map_layers,
        "composition": composed_layers,
    }
    for stage in stages:
        if stage in makers:
            try:
                ready |= makers[stage](project)
            except ProjectError:
                continue
    return ready


def volumes_of(project: Any) -> EnergyStack:
    """Give the volumes the project has made, or those it began from.

    Raises
    ------
    ProjectError
        If there are none yet.
    """
    try:
        return project.stack("reconstruction")
    except ProjectError:
        if project.kind == "scan":
            raise
        return project.input()


def raw_layer(project: Any, **look: Any) -> LayerTuple | None:
    """Make the layer of volumes, its contrast from the last energy that is done; None where none is."""
    stack = volumes_of(project)
    done = np.ones(len(stack), bool) if project.kind == "stack" else project.done("reconstruct")
    if not done.any():
        return None
    return volumes_layer(stack, "raw", "Raw", int(np.flatnonzero(done)[-1]), **look)


def particles_layer(project: Any) -> LayerTuple:
    """Make the layer of particles, and find the slice with the most of them."""
    labels = project.labels()
    look: dict[str, Any] = {"opacity": 0.35, "colormap": label_colors()}
    data, given, kind = volume_layer(labels, volumes_of(project).voxel_size, "particles", "Particles", **look)
    given["metadata"][FULLEST] = int((labels > 0).sum(axis=(1, 2)).argmax())
    return data, given, kind


def _input(project: Any) -> Ready:
    if project.kind == "stack":
        return _volumes(project)
    return {"projections": projections_layer(project.scan(), str(project.source))}


def _volumes(project: Any) -> Ready:
    made = raw_layer(project)
    return {} if made is None else {"raw": made}


def _particles(project: Any) -> Ready:
    _labels_at_hand(project)
    return {"particles": particles_layer(project)} if project.state("label") == "done" else {}


@cache
def _compile_labels() -> None:
    for kind in (np.uint8, np.int32):
        Labels(np.zeros((2, 2), kind))


def _labels_at_hand(project: Any) -> Ready:
    """Let napari compile in this thread what draws labels: the first layer of labels takes it a third of a second."""
    _compile_labels()
    return {}


def _tables_at_hand(project: Any) -> Ready:
    """Read the tables of a registration, which panels ask for at once and which are long where there are many particles."""
    registered(project)
    return {}
