"""Parameterised runs of notebooks: execution, records, provenance, reports."""
