"""Pages that open without internet."""
