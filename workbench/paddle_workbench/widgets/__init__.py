"""Widgets for notebooks, one anywidget per file. They show what lower rooms have computed."""
