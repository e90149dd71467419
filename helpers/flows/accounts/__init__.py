"""Accounts as flow files see them: names for SIDs, what is there, exports and throw-away copies."""
