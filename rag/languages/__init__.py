"""What depends on a language, behind one protocol."""
