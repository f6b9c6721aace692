"""Chinese text that several lessons share: data sets, tokenisers, metrics."""
