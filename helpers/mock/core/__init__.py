"""What every product of the mock builds on; it knows no product and no Twilio resource."""
