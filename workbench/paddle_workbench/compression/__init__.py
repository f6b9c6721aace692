"""Smaller and faster networks: quantisation, pruning, distillation, mixed precision, recipes."""
