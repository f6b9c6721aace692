"""The machine and its Python: the doctor, devices, fonts, bundled files, the shim."""
