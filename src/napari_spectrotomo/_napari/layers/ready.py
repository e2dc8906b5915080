"""What takes time to read of a project, made into layers in a worker: the GUI thread only puts them in their place."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...data import EnergyStack
from ...errors import ProjectError
from .composed import composed_layers
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
        Of 'read', 'reconstruct', 'label', 'spectra' and 'composition'.
    """
    ready: Ready = {}
    makers = {
        "read": _input,
        "reconstruct": _volumes,
        "label": _particles,
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
    data, given, kind = volume_layer(labels, volumes_of(project).voxel_size, "particles", "Particles", opacity=0.35)
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
    return {"particles": particles_layer(project)} if project.state("label") == "done" else {}
