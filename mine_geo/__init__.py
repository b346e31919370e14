"""The register of a national mine-action office: polygons, the border, land release."""
