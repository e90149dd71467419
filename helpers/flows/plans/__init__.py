"""Plans: a flow file compared with an account, shown, saved, carried out and tried."""
