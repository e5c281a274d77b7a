"""The only sockets, the only clock, and the drivers that grant a flow's wishes."""
