"""What is asked for: conditions, queries, watches; and how answers become entries."""
