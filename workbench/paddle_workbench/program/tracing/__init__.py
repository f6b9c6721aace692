"""One trace of a network or function, and which line and layer made each op."""
