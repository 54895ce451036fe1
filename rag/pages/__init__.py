"""Sources become articles: files, addresses, formats, page furniture."""
