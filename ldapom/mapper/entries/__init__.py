"""What an entry is: its state, its values, and what has changed in them."""
