"""A small network learns from a large one: losses, the training, and its spread over seeds."""
