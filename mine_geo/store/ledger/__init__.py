"""What is recorded in a store, judged and written, and the accounts of it."""
