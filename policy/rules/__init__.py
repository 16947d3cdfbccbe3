"""What the district wants: YAML policies, loaded with their lines."""
