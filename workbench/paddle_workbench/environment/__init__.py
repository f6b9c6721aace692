"""The machine and its Python: doctor, devices, fonts, bundled models, the shim."""
