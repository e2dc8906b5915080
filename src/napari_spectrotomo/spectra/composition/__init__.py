"""What voxels are made of: fractions of reference spectra in them, or components and clusters where there are no references."""
