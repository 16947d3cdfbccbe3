"""What must outlive a run."""
