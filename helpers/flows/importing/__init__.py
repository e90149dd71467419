"""Flow files from where people are: saved answers of the API, and Terraform."""
