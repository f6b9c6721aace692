"""The targets of an export, one module for each."""
