"""Whether the energy axis can be trusted: its shift against a foil or reference, its drift, its steps against the method."""
