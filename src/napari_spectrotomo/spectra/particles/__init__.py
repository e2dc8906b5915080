"""What particles and regions show: mean spectra, distributions, profiles, comparisons."""
