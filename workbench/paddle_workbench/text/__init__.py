"""Chinese text for several lessons: data sets, tokenisers, metrics and explanations."""
