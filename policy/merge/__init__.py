"""What should change, and why. Pure: no I/O, no clock, no settings, no logger."""
