"""The arithmetic of the ledger: events, their order, what each cut; it knows no database."""
