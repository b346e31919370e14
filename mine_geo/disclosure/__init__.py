"""What may be shown to whom: restricted files, and what is fit for everybody."""
