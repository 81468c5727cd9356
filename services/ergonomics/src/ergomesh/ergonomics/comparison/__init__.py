"""A comparison in words and on a page: ``comparison.pdf``."""
