"""int8: a quantiser in plain numpy, ranges from calibration, and plans that `export` deploys."""
