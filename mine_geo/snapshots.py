"""Two editions of a hazard layer: added, removed, redrawn, only described anew."""
