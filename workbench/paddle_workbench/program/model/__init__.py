"""What a capture holds, as plain data, and how it is stored and sent."""
