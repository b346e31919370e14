"""Datum transformations: which there are, how good, where they are meant for."""
