"""From edge energy to valence: a straight line through standards, and the map it gives."""
