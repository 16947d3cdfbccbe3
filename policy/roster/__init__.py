"""What the SIS says: rows of any source become one Roster."""
