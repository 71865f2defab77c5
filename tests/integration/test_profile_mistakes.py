"""What people get wrong in a profile: `make profile-check` must name the file, the line and what to do.

Each case spoils one line of a copy of the shipped Olist profile and runs the command as a person would.
"""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from dagster_project.settings import PROFILES, REPOSITORY

# Three orders in the shape of Olist: two items from two states, one item, none.
TABLES = {
    "orders": """
        select * from (values
            ('o1', 'c1', 'delivered', '2018-02-17 23:30:00', '2018-02-17 23:40:00', '2018-02-19 10:00:00',
             '2018-03-01 15:00:00', '2018-03-02 00:00:00'),
            ('o2', 'c2', 'shipped', '2018-02-18 08:00:00', '2018-02-18 09:00:00', '2018-02-20 10:00:00',
             null, '2018-03-05 00:00:00'),
            ('o3', 'c3', 'canceled', '2018-02-19 08:00:00', null, null, null, '2018-03-05 00:00:00')
        ) as orders(
            order_id, customer_id, order_status, order_purchase_timestamp, order_approved_at,
            order_delivered_carrier_date, order_delivered_customer_date, order_estimated_delivery_date
        )
    """,
    "order_items": """
        select * from (values
            ('o1', '1', 'p1', 's1', '2018-02-21 10:00:00', '10.00', '1.50'),
            ('o1', '2', 'p2', 's2', '2018-02-22 10:00:00', '20.00', '2.50'),
            ('o2', '1', 'p1', 's1', '2018-02-23 10:00:00', '10.00', '1.50')
        ) as items(
            order_id, order_item_id, product_id, seller_id, shipping_limit_date, price, freight_value
        )
    """,
    "sellers": """
        select * from (values ('s1', '01000', 'sao paulo', 'SP'), ('s2', '20000', 'rio de janeiro', 'RJ'))
        as sellers(seller_id, seller_zip_code_prefix, seller_city, seller_state)
    """,
    "customers": """
        select * from (values
            ('c1', 'u1', '30000', 'belo horizonte', 'MG'),
            ('c2', 'u1', '30000', 'belo horizonte', 'MG'),
            ('c3', 'u3', '40000', 'salvador', 'BA')
        ) as customers(
            customer_id, customer_unique_id, customer_zip_code_prefix, customer_city, customer_state
        )
    """,
}


@dataclass(frozen=True)
class Case:
    """One spoiled line: in `file`, `old` becomes `new`. The message must hold `words` and name that line.

    A query of several lines is named by the line where it begins, so many lines `above` the spoiled one.
    """

    file: str
    old: str
    new: str
    words: tuple[str, ...]
    above: int = 0


MISTAKES = {
    "a_column_the_table_does_not_have": Case(
        "mapping/orders.yml",
        "placed_at: order_purchase_timestamp",
        "placed_at: order_purchase_timestmp",
        ("unknown column 'order_purchase_timestmp'", "Did you mean 'order_purchase_timestamp'?"),
    ),
    "a_column_the_entity_does_not_have": Case(
        "mapping/orders.yml",
        "customer_id: customer_unique_id",
        "custumer_id: customer_unique_id",
        ("unknown column of orders 'custumer_id'", "Did you mean 'customer_id'?"),
    ),
    "a_table_without_a_contract": Case(
        "mapping/events.yml",
        "- from: olist.orders\n  each",
        "- from: olist.order\n  each",
        ("unknown table 'olist.order'", "Did you mean 'olist.order"),
    ),
    "an_event_type_that_is_none": Case(
        "mapping/events.yml",
        "each: {erp_shipped:",
        "each: {erp_shiped:",
        ("unknown event type 'erp_shiped'", "Did you mean 'erp_shipped'?"),
    ),
    "a_code_list_that_is_not_there": Case(
        "mapping/events.yml",
        "{codes: milestones,",
        "{codes: milestone,",
        ("unknown code list 'milestone'", "Did you mean 'milestones'?"),
    ),
    "an_instant_where_a_day_is_wanted": Case(
        "mapping/orders.yml",
        "given_promise_date: order_estimated_delivery_date",
        "given_promise_date: order_purchase_timestamp",
        ("given_promise_date must be DATE", "AT TIME ZONE"),
    ),
    "sql_that_is_none": Case(
        "mapping/suborders.yml",
        "origin_place: place",
        "origin_place: coalesce(place, 'SP'",
        ("DuckDB cannot read this", "Correct the expression"),
    ),
    "a_zone_that_is_none_for_the_company": Case(
        "profile.yml",
        "timezone: America/Sao_Paulo",
        "timezone: America/SaoPaulo",
        ("no such time zone: America/SaoPaulo", "Asia/Shanghai"),
    ),
    "a_zone_that_is_none_for_a_source": Case(
        "contracts/olist.yml",
        "timezone: America/Sao_Paulo",
        "timezone: Brasilia",
        ("no such time zone: Brasilia", "Asia/Shanghai"),
    ),
    "a_type_that_is_none": Case(
        "contracts/olist.yml",
        "price:               {type: decimal",
        "price:               {type: dezimal",
        ("unknown value of type 'dezimal'", "Did you mean 'decimal'?"),
    ),
    "a_setting_that_is_none": Case(
        "profile.yml",
        "promise_limit: end_of_day",
        "promise_limits: end_of_day",
        ("unknown setting of profile.yml 'promise_limits'", "Did you mean 'promise_limit'?"),
    ),
    "a_word_that_a_setting_does_not_take": Case(
        "profile.yml",
        "as_of: last_day ",
        "as_of: yesterday ",
        ("unknown value of as_of 'yesterday'", "clock, last_day"),
    ),
    "a_key_that_is_no_column": Case(
        "contracts/olist.yml",
        "key: [seller_id]",
        "key: [sellerid]",
        ("key column of table olist.sellers 'sellerid'", "Did you mean 'seller_id'?"),
    ),
    "two_of_one_name": Case(
        "reference/places.csv",
        "AP,阿马帕州",
        "AM,阿马帕州",
        ("AM stands on line 4 already", "Keep one of them"),
    ),
    "a_query_that_forgets_where_its_rows_come_from": Case(
        "mapping/customers.yml",
        "select customers.*, orders",
        "select customers.customer_unique_id, customers.customer_city, customers.customer_state, orders",
        ("the query carries no _recorded_at", "provenance"),
        above=1,
    ),
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    with duckdb.connect() as connection:
        for table, query in TABLES.items():
            connection.execute(f"copy ({query}) to '{folder / table}.parquet' (format parquet)")
    return folder


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROFILES / "olist", tmp_path / "ours"))


def profile_check(profile: Path, source: Path) -> subprocess.CompletedProcess[str]:
    """The command of a person, without its set-up."""
    return subprocess.run(
        ["make", "--old-file=.venv/.installed", "profile-check", f"PROFILE={profile}", f"SOURCE={source}"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def spoil(file: Path, old: str, new: str) -> int:
    """Replaces the first `old` by `new`; gives the number of the line on which they differ."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    before = text[: text.index(old)]
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    same = next(at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
    return (before + new[:same]).count("\n") + 1


def test_a_right_profile_shows_its_rows_as_understood(profile: Path, source: Path) -> None:
    checked = profile_check(profile, source)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    # 23:30 of the night on which summer time ends comes twice: the first, still at UTC-2.
    assert "placed_at=2018-02-17 23:30:00-02:00" in checked.stdout
    assert "placed 4, paid 3, picked_up 3, delivered 2, erp_shipped 2, cancelled 1" in checked.stdout
    # an order from two states is two sub-orders, one without items still one
    assert "canonical.orders: 3 rows" in checked.stdout
    assert "canonical.suborders: 4 rows" in checked.stdout


@pytest.mark.parametrize("case", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_names_its_file_its_line_and_what_to_do(case: Case, profile: Path, source: Path) -> None:
    line = spoil(profile / case.file, case.old, case.new)
    checked = profile_check(profile, source)
    assert checked.returncode != 0, checked.stdout
    place = f"{case.file}:{line - case.above}: "
    messages = [message for message in checked.stdout.splitlines() if message.strip().startswith(place)]
    assert any(all(words in message for words in case.words) for message in messages), checked.stdout


def test_a_mistake_in_the_profile_that_is_extended_names_that_one(profile: Path, source: Path) -> None:
    line = spoil(profile / "profile.yml", "standards: data", "standards: dta")
    own = profile.parent / "own"
    own.mkdir()
    (own / "profile.yml").write_text("extends: ../ours\npromise_limit: instant\n", encoding="utf-8")
    checked = profile_check(own, source)
    assert checked.returncode != 0
    assert f"../ours/profile.yml:{line}: unknown value of standards 'dta'" in checked.stdout, checked.stdout


def test_every_mistake_is_named_at_once(profile: Path, source: Path) -> None:
    first = spoil(profile / "profile.yml", "sign_rule: earliest", "sign_rule: latest")
    second = spoil(profile / "contracts/olist.yml", "{type: decimal", "{type: money")
    third = spoil(profile / "mapping/orders.yml", "order_id: order_id", "order: order_id")
    checked = profile_check(profile, source)
    for place in (f"profile.yml:{first}:", f"contracts/olist.yml:{second}:", f"mapping/orders.yml:{third}:"):
        assert place in checked.stdout, checked.stdout


def test_a_table_without_a_file_says_which_contract_looks_for_what(profile: Path, source: Path) -> None:
    (source / "sellers.parquet").unlink()
    checked = profile_check(profile, source)
    contract = (profile / "contracts/olist.yml").read_text(encoding="utf-8").splitlines()
    line = next(at for at, text in enumerate(contract, 1) if "files: sellers.parquet" in text)
    assert checked.returncode != 0, checked.stdout
    assert f"contracts/olist.yml:{line}: no file matches sellers.parquet" in checked.stdout, checked.stdout


def test_a_table_that_is_to_be_fetched_says_how(profile: Path, source: Path) -> None:
    (source / "sellers.parquet").unlink()
    (profile / "connections").mkdir()
    (profile / "connections" / "share.yml").write_text(
        "source: olist\nkind: files\nfolder: ${SHARE}\ntables:\n  sellers: {pattern: '*.parquet'}\n"
    )
    told = profile_check(profile, source).stdout
    assert ". Fetch it by make fetch NAME=share, put one there, or" in told, told


def test_a_file_that_lost_a_column_says_which_contract_wants_it(profile: Path, source: Path) -> None:
    without = TABLES["sellers"].replace("seller_state)", "state)")
    with duckdb.connect() as connection:
        connection.execute(f"copy ({without}) to '{source}/sellers.parquet' (format parquet)")
    checked = profile_check(profile, source)
    assert checked.returncode != 0, checked.stdout
    assert "column seller_state is missing" in checked.stdout
    assert "contracts/olist.yml:" in checked.stdout
