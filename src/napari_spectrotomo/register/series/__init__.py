"""A series of energies: each registered from its neighbour, judged by the trend of all, and put together."""
