"""Whole histories of a small district, told in one process. `play` says how."""
