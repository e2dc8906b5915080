"""Optical density -> attenuation volume, one energy at a time: magnification, rotation axis, filtered back-projection."""

from .axis import (
    AxisEstimate,
    CenterStrip,
    SeriesAxes,
    center_strip,
    find_axis,
    find_center,
    find_center_of,
    settle_axes,
)
from .engines import choose_engine
from .field import field_warnings
from .field_of_view import FieldOfView
from .geometry import check_views, view_warnings
from .magnification import magnifications
from .noise import choose_filter
from .parameters import Filter, ReconstructParameters
from .planar import images_of, turned_views
from .projector import project_volume
from .reconstruct import given_centers, reconstruct
from .volume import reconstruct_volume, volume_in_blocks

__all__ = [
    "AxisEstimate",
    "CenterStrip",
    "FieldOfView",
    "Filter",
    "ReconstructParameters",
    "SeriesAxes",
    "center_strip",
    "check_views",
    "choose_engine",
    "choose_filter",
    "field_warnings",
    "find_axis",
    "find_center",
    "find_center_of",
    "given_centers",
    "images_of",
    "magnifications",
    "project_volume",
    "reconstruct",
    "reconstruct_volume",
    "settle_axes",
    "turned_views",
    "view_warnings",
    "volume_in_blocks",
]
