"""Objects: entry classes, queries over them, and the sessions that answer."""
