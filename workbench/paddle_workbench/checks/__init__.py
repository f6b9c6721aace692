"""Checking that notebooks still say what they said: nbval, with the known noise taken out."""
