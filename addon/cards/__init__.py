"""Values to widgets, one module a screen."""
