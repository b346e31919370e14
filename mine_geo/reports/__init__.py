"""Papers about single hazards and tasks: dossiers, and what an office signs.

All of them are restricted: they show polygons and records. Geometry is EPSG:4326, distances are
metres, sizes whole m².
"""

from __future__ import annotations

from mine_geo.reports.dossier import Dossier, dossier, dossiers
from mine_geo.reports.facts import Facts, Gatherer, facts
from mine_geo.reports.office import Form, Paper, paper

__all__ = ["Dossier", "Facts", "Form", "Gatherer", "Paper", "dossier", "dossiers", "facts", "paper"]
