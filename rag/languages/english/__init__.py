"""English: questions, facts, quantities, negation, pronouns, word tables."""
