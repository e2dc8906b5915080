"""Where every fixed voxel lies at an energy, and the one interpolation that takes it from there."""
