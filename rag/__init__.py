"""Articles, passages, evidence and answers: everything Griot knows without knowing people."""
