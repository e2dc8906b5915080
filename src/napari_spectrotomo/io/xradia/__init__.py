"""Xradia's files, and what SSRL 6-2c keeps beside them."""
