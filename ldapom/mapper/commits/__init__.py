"""What is sent to change entries: the unit of work, its plan, and what came of it."""
