"""Foundation of all products of the mock, without knowledge of any, or of Twilio's resources."""
