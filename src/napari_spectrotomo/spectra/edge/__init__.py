"""The edge energy of spectra and of every voxel, with its error."""
