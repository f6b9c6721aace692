"""Where a deployed pipeline first differs from the bundle that it was made from."""
