"""Timings, as ratios to something on the same machine; not tests."""
