"""Documents people hand over: ``report.pdf`` and its charts."""
