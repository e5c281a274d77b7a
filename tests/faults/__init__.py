"""What the network and sick servers do to a connection, and what must come of it."""
