"""What `make bench` measures: side by side in one run, printed as ratios. Asserted nowhere."""
