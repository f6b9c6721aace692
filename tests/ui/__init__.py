"""The interface, in a real browser with a real server, tested by roles and texts."""
