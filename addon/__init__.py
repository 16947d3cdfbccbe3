"""The Google Workspace Add-on's backend. Shows what policy decides."""
