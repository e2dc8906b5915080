"""Volumes already reconstructed: zarr, TIFF, HDF5."""
