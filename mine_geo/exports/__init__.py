"""Files for other tools: a GeoPackage for QGIS, KML for Google Earth, turning points for GPS."""
