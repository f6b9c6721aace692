"""The parameters of a notebook: declared, given, swept, set in a cell, kept secret."""
