"""What an entry class is: its attributes, their types, how their values are read."""
