"""Sheets to print: the map of a country, province or district on A4 or A3, as PDF or PNG."""
