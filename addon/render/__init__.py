"""Widgets to what a browser or Google understands."""
