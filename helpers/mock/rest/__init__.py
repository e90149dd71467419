"""How each Twilio REST API spells the products: paths, form parameters, JSON and pages."""
