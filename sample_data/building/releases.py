"""Every chain of releases on its hazard: on one that remains where it fits, else on one of its own.

Totals do not depend on what fits: a chain that finds no place on a hazard that remains is worked
on another, of which nothing is left; one that finds no room at all is split up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from building.chains import candidates, split_up
from building.clusters import choose_district
from building.place import generator
from building.sites import place_chain, work_on
from mine_geo.geo.geometry import size_m2

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from building.chains import Chain
    from building.land import Land
    from building.sites import Site

    Chains = dict[tuple[str, str], list[Chain]]

PREFIXES = {"ap_minefield": "AP", "cluster_munition": "CM"}
DISTRICT_TURNS = 5


def work_on_hosts(
    land: Land, kind: str, hosts: Sequence[tuple[Site, str]], chains: Chains
) -> dict[str, Site]:
    """Attach chains to hazards that remain, and take them off the chains.

    Parameters
    ----------
    land
        The land with all that stands on it.
    kind
        The kind of the hazards.
    hosts
        Hazards that may have been worked on, and whether each is SHA or CHA in the end.
    chains
        From `make_chains`; those that find a host are removed.

    Returns
    -------
    dict
        The hazards that were worked on, by id, in place of the given ones.
    """
    worked = {}
    order = sorted(hosts, key=lambda host: generator(host[0].hazard_id, "host").random())
    for site, area_type in order:
        code = site.hazard_id[3:7]
        mine = chains.get((kind, code[:2]), [])
        size = int(size_m2([site.left])[0])
        rng = generator(site.hazard_id, "chain")
        for chain in candidates(mine, area_type, size, rng):
            done = work_on(land.placer(code), site, chain)
            if done is not None:
                worked[site.hazard_id] = done
                mine.remove(chain)
                break
    return worked


def place_rest(
    land: Land, chains: Chains, weights: Mapping[str, Mapping[str, float]]
) -> list[Site]:
    """Place the chains that found no host on hazards of their own, large ones first.

    Parameters
    ----------
    land
        The land with all that stands on it.
    chains
        What `work_on_hosts` left of them.
    weights
        By province, how likely each district is; where a province is missing, by land.
    """
    sites = []
    for (kind, province), mine in chains.items():
        queue = sorted(mine, key=lambda chain: (-chain.size_m2, chain.name))
        while queue:
            chain = queue.pop(0)
            site = _place(land, PREFIXES[kind], province, chain, weights)
            if site is not None:
                sites.append(site)
            elif len(chain.works) > 1:
                queue = split_up(chain) + queue
            else:
                raise ValueError(f"{chain.name}: no room for {chain.size_m2} m²")
    return sites


def _place(
    land: Land,
    prefix: str,
    province: str,
    chain: Chain,
    weights: Mapping[str, Mapping[str, float]],
) -> Site | None:
    for turn in range(DISTRICT_TURNS):
        if prefix == "AP" and province in weights:
            mine = weights[province]
            rng = generator(chain.name, f"district {turn}")
            code = str(rng.choice(list(mine), p=list(mine.values())))
        else:
            code = choose_district(land, province, chain.name, turn)
        hazard_id = land.next_id(prefix, code)
        site = place_chain(land.placer(code), hazard_id, chain)
        if site is not None:
            return site
        land.give_back(prefix, code)
    return None
