"""What the spectra of a stack are made of, without references: principal and non-negative components, clusters."""
