"""The published comparisons behind ``spectrotomo benchmark``: known truth, and peers beside us on the same data in one run.

``registration`` moves volumes by known transforms and spoils them by known noise; ``reconstruction`` makes slices of a phantom
whose line integrals are known. Tables, figures and files are made alike.
"""
