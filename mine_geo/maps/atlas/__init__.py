"""A folder of pages that link to each other: the country, its provinces, their districts."""
