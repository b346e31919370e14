"""Papers about single hazards and tasks, and reports about the whole register.

Dossiers, and what an office signs; monthly reports, figures for Article 7, reports to donors, plans
beside what was done. All of them are restricted: they show polygons and records. Geometry is
EPSG:4326, distances are metres, sizes whole m².
"""

from __future__ import annotations

from mine_geo.reports.article7 import article7
from mine_geo.reports.documents import save
from mine_geo.reports.dossier import Dossier, dossier, dossiers
from mine_geo.reports.facts import Facts, Gatherer, facts
from mine_geo.reports.monthly import monthly
from mine_geo.reports.office import Form, Paper, paper
from mine_geo.reports.people import read_beneficiaries
from mine_geo.reports.projects import donor, members, progress
from mine_geo.reports.sections import Section

__all__ = [
    "Dossier",
    "Facts",
    "Form",
    "Gatherer",
    "Paper",
    "Section",
    "article7",
    "donor",
    "dossier",
    "dossiers",
    "facts",
    "members",
    "monthly",
    "paper",
    "progress",
    "read_beneficiaries",
    "save",
]
