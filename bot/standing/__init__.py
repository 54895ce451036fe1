"""Standing questions, whose changed answers people are told of, and daily digests."""
