"""What each variant of a network costs and what it is worth, measured by one protocol."""
