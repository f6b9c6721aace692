"""The screen, in a real browser on a real server: asserted by role and text."""
