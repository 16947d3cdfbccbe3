"""A Plan as terminal text, Markdown and JSON."""
