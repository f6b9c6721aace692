"""Readers of programs in files and as Paddle prints them."""
