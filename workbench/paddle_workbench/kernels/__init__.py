"""Warm kernels, forked from a process that has already imported the stack."""
