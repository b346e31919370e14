"""What may be shown to whom: restricted files, what is fit for everybody, and what is shown."""
