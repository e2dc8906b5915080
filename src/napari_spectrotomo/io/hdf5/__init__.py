"""HDF5 files: FXI, Data Exchange, NXtomo, and what they have in common."""
