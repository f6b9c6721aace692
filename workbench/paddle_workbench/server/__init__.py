"""The Jupyter Server extension and its routes under `/paddle-workbench/`. Imports no Paddle."""
