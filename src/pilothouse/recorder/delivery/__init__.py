"""Everything on its way to the hub, the most urgent first."""
