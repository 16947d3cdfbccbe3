"""Whatever changes at a service that dates its changes, the drop is what the service has."""

import random
from datetime import timedelta
from pathlib import Path

import pytest

from policy.roster.dialect import KINDS
from policy.sources.oneroster_json import COLLECTIONS, cells_of
from policy.sources.oneroster_rest import OVERLAP
from policy.sources.written import rows_of
from unit.roster.small_drop import write_drop
from unit.sources.oneroster_server import Server, Thing, of_csv, served, stamp
from unit.sources.test_sources_oneroster_rest import Hands

TITLES = {"orgs": "name", "users": "familyName", "enrollments": "role"}


def at_the_server(rows: dict[str, list[Thing]]) -> dict[str, list[tuple[str, ...]]]:
    return {
        kind: sorted(cells_of(kind, thing, "") for thing in rows[COLLECTIONS[kind]])
        for kind in KINDS
    }


def one_change(dice: random.Random, server: Server) -> None:
    collection = dice.choice(list(server.rows))
    things = server.rows[collection]
    moment = {"dateLastModified": stamp(server.now)}
    what = dice.choice(["new", "changed", "gone", "back", "moved"])
    if what == "new":
        key = f"new-{dice.getrandbits(40):x}"
        things.insert(dice.randrange(len(things) + 1), things[0] | moment | {"sourcedId": key})
    elif what == "moved":
        dice.shuffle(things)
    else:
        thing = dice.choice(things)
        thing |= moment
        if what == "changed":
            thing[TITLES.get(collection, "title")] = f"{dice.getrandbits(40):x}"
        else:
            thing["status"] = "tobedeleted" if what == "gone" else "active"


@pytest.mark.parametrize("seed", range(12))
def test_the_drop_is_what_the_service_has(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    rows = of_csv(write_drop(tmp_path / "csv"))
    server = Server(rows)
    for things in rows.values():
        for thing in things:
            thing["dateLastModified"] = stamp(server.now - timedelta(days=1))
    server.ways.cap = dice.choice([2, 5, 10_000])
    server.ways.counts, server.ways.sorts = dice.random() < 0.5, dice.random() < 0.5
    with served(server):
        hands = Hands(server, tmp_path, page_size=dice.choice([1, 3, 100]))
        for _ in range(12):
            hands.now += timedelta(minutes=dice.choice([1, 10, 600, 6000]))
            server.now = hands.now
            for _ in range(dice.randrange(6)):
                one_change(dice, server)
            # A row that is dated a little before it can be read, as its writing takes a while.
            server.now += OVERLAP - timedelta(seconds=1)
            path = hands.rest.fetch().path
            assert {k: sorted(rows_of(path, k)) for k in KINDS} == at_the_server(rows)
