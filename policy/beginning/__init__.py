"""A policy repository to begin with: what is asked, what a roster proposes, the files."""
