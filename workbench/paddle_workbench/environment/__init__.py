"""What the machine and its Python environment hold: doctor, devices, fonts, bundled models, shim."""
