"""What a night begins with: the store, Classroom, who changed what, and is the drop fresh."""
