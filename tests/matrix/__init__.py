"""Every way to bind, over every transport, at every server: a table that is tested."""
