"""The Jupyter Server extension: routes by feature under `/paddle-workbench/`. Imports no Paddle."""
