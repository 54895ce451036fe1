"""What any messenger needs, and no messenger's names."""
