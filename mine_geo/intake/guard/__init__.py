"""What must hold of a foreign file before any reader sees it."""
