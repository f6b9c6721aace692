"""Widgets for notebooks: each shows what a lower room computed. One anywidget a file."""
