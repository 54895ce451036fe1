"""Drafts are held to the articles: claims with citations, or none."""
