"""Spectra to a common scale: the edge, the windows about it, the background lines, the edge step."""
