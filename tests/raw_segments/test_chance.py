"""What a SELECT leaves to chance is refused, where it stands; the same with an order passes (SEG-1)."""

from __future__ import annotations

import re

import pytest

from pipelines.layout import ROOT
from pipelines.raw_segments import chance
from pipelines.raw_segments.confining import NotConfinedError, confine

LEFT_TO_CHANCE = {
    "SELECT contact_id FROM contacts LIMIT 10": "ORDER BY",
    "SELECT contact_id FROM contacts LIMIT 10%": "ORDER BY",
    "SELECT contact_id FROM contacts OFFSET 10": "ORDER BY",
    "SELECT contact_id FROM (SELECT contact_id FROM contacts ORDER BY contact_id) LIMIT 10": "ORDER BY",
    "SELECT contact_id FROM contacts WHERE basket > (SELECT basket FROM contacts LIMIT 1)": "ORDER BY",
    "SELECT contact_id FROM contacts UNION SELECT contact_id FROM events LIMIT 10": "ORDER BY",
    "WITH few AS (SELECT contact_id FROM contacts LIMIT 3) SELECT contact_id FROM few": "ORDER BY",
    "SELECT DISTINCT ON (postcode) contact_id FROM contacts": "DISTINCT ON",
    "SELECT any_value(contact_id) AS contact_id FROM contacts GROUP BY postcode": "any_value(… ORDER BY …)",
    "SELECT ANY_VALUE(contact_id) AS contact_id FROM contacts": "any_value",
    "SELECT arbitrary(contact_id) AS contact_id FROM contacts": "arbitrary",
    "SELECT first(contact_id) AS contact_id FROM contacts": "first",
    "SELECT last(contact_id) AS contact_id FROM contacts": "last",
    "SELECT contact_id FROM contacts WHERE city = (SELECT mode(city) FROM contacts)": "mode",
    "SELECT contact_id FROM events GROUP BY ALL HAVING list(type)[1] = 'opened'": "list",
    "SELECT contact_id FROM events GROUP BY ALL HAVING string_agg(type, ',') = 'opened,clicked'": "string_agg",
    "SELECT contact_id FROM contacts QUALIFY row_number() OVER () < 10": "OVER",
    "SELECT contact_id FROM contacts QUALIFY row_number() OVER (PARTITION BY city) = 1": "OVER",
    "SELECT contact_id FROM contacts QUALIFY lag(city) OVER () = 'Lyon'": "OVER",
    "SELECT contact_id FROM contacts QUALIFY first_value(city) OVER () = 'Lyon'": "OVER",
    "SELECT contact_id FROM contacts QUALIFY sum(basket) OVER (ROWS UNBOUNDED PRECEDING) < 100": "OVER",
    "SELECT contact_id FROM contacts QUALIFY basket > approx_quantile(basket, 0.5) OVER ()": "quantile_cont",
    "SELECT contact_id FROM contacts WHERE basket > (SELECT reservoir_quantile(basket, 0.5) FROM contacts)": "quantile_cont",
    "SELECT contact_id FROM contacts WHERE rowid < 100": "contact_id",
    "SELECT contact_id FROM contacts WHERE contacts.rowid < 100": "contact_id",
    "SELECT contacts.contact_id FROM contacts POSITIONAL JOIN imports": "ON",
    "SELECT contact_id FROM contacts USING SAMPLE 10": "hash(contact_id)",
    "SELECT contact_id FROM contacts WHERE random() < 0.1": "another answer each time",
    "SELECT contact_id FROM contacts WHERE gen_random_uuid() IS NOT NULL": "another answer each time",
}
THE_SAME = [
    "SELECT contact_id FROM contacts ORDER BY basket DESC, contact_id LIMIT 10",
    "SELECT contact_id FROM contacts UNION SELECT contact_id FROM events ORDER BY ALL LIMIT 10 OFFSET 5",
    "SELECT DISTINCT ON (postcode) contact_id FROM contacts ORDER BY postcode, contact_id",
    "SELECT DISTINCT contact_id FROM contacts",
    "SELECT first(contact_id ORDER BY basket, contact_id) AS contact_id FROM contacts GROUP BY postcode",
    "SELECT contact_id FROM events GROUP BY ALL HAVING list(type ORDER BY occurred_at, event_id)[1] = 'opened'",
    "SELECT contact_id FROM contacts QUALIFY row_number() OVER (PARTITION BY city ORDER BY basket, contact_id) = 1",
    "SELECT contact_id FROM contacts QUALIFY sum(basket) OVER (ORDER BY contact_id ROWS UNBOUNDED PRECEDING) < 100",
    "SELECT contact_id FROM contacts QUALIFY basket > avg(basket) OVER (PARTITION BY city)",
    "SELECT contact_id FROM contacts WHERE len([x for x in interests if x LIKE 'P%']) > 1",
    "SELECT contact_id FROM contacts WHERE basket > (SELECT quantile_cont(basket, 0.5) FROM contacts)",
    "SELECT contact_id FROM contacts WHERE contact_id IN (SELECT arg_max(contact_id, basket) FROM contacts)",
]


@pytest.mark.parametrize("text", LEFT_TO_CHANCE)
def test_what_is_left_to_chance_is_refused_where_it_stands(text: str) -> None:
    with pytest.raises(NotConfinedError, match=re.escape(LEFT_TO_CHANCE[text])) as caught:
        confine(f"-- label: x\n{text}")
    assert caught.value.line == 2


@pytest.mark.parametrize("text", THE_SAME)
def test_what_is_the_same_each_time_passes(text: str) -> None:
    assert confine(text).typed == text


@pytest.mark.parametrize("folder", ["docs", "docs/fr"])
def test_the_page_lists_every_function_that_needs_an_order(folder: str) -> None:
    page = (ROOT / folder / "segments.md").read_text(encoding="utf-8")
    needed = chance._ORDERED | chance._NEVER.keys()  # pyright: ignore[reportPrivateUsage]
    assert [name for name in sorted(needed) if f"`{name}`" not in page] == []
