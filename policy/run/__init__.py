"""Doing it: pace, journal, apply."""
