"""Articles and question sets made of what people already have: SQuAD."""
