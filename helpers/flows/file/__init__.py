"""Flow files: the resources that they describe, read, checked line by line, and written."""
