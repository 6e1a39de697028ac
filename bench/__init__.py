"""Measurements: `python3 -m portal bench NAME`; counts and ratios of one run each."""
