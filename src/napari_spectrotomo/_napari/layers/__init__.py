"""Layers: what they are made of, where they lie, and which of them are seen."""

from .compare import compare, leave_comparison
from .history import history_of
from .nudge import lying, nudge, nudged_index, put_nudge
from .ready import Ready, made_ready
from .show import (
    PREVIEW_ROLES,
    PROJECTION_ROLES,
    VOLUME_ROLES,
    fit,
    go_to_energy,
    layer_of,
    put,
    renew,
    show_only,
    take_away,
)
from .stages import drop_stale, show_stage, stage_steps
from .tuples import ROLE, LayerTuple, projections_layer, volume_layer, volumes_layer

__all__ = [
    "PREVIEW_ROLES",
    "PROJECTION_ROLES",
    "ROLE",
    "VOLUME_ROLES",
    "LayerTuple",
    "Ready",
    "compare",
    "drop_stale",
    "fit",
    "go_to_energy",
    "history_of",
    "layer_of",
    "leave_comparison",
    "lying",
    "made_ready",
    "nudge",
    "nudged_index",
    "projections_layer",
    "put",
    "put_nudge",
    "renew",
    "show_only",
    "show_stage",
    "stage_steps",
    "take_away",
    "volume_layer",
    "volumes_layer",
]
