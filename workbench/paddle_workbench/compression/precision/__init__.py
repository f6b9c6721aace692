"""What numbers with fewer bits do to a training, and what `paddle.amp` does on this device."""
