"""What people read: text tables."""
