"""The registration of a series: its record, its files, what can be made of it, and its way to other programs."""
