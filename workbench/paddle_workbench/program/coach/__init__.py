"""Why something is not in the graph, or not as it looks, and what to write instead."""
