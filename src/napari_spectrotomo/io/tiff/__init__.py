"""TIFF files and folders of them."""
