"""What the machine and its Python hold: doctor, devices, fonts, bundled models, the shim."""
