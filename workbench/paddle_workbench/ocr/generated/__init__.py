"""Pictures of Chinese text with their ground truth, generated from a seed."""
