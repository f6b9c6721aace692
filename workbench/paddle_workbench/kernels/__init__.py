"""Warm kernels: a process that has imported the stack, and kernels forked from it."""
