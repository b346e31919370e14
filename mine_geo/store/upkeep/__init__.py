"""The life of a store: what it holds whole, copies, backups, and what a doctor looks at."""
