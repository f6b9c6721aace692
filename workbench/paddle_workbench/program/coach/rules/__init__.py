"""What Paddle refuses, breaks or silently changes, each rule with an example and a repair."""
