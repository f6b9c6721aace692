"""The dynamic-to-static workflow as data: capture, stages, lineage, cost, explanations."""
