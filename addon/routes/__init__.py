"""HTTP in and out; the only place that sees a Flask request."""
