"""The processes that answer: one predictor in each, and the queue in front of them."""
