"""Pictures of shelves with goods, drawn from a seed, with the boxes of what is visible."""
