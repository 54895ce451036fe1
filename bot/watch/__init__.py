"""Sources that are kept current: feeds, sites and folders."""
