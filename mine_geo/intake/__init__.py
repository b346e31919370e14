"""Foreign files into hazard tables and report tables: recognised by content, mapped by profile."""
