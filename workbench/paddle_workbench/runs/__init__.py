"""Parameterised runs of notebooks: engine, records, provenance, reports."""
