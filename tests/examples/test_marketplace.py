"""The example on a marketplace's own files."""

import gzip
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "data" / "marketplace"

# Three orders of two customers: on time, three days late, and never paid nor delivered.
MADE = {
    "customers": """customer_id,customer_unique_id,customer_city,customer_state
o1,anna,sao paulo,SP
o2,bert,santo andre,SP
o3,anna,sao paulo,SP
""",
    "orders": """order_id,customer_id,order_purchase_timestamp,order_delivered_customer_date,\
order_estimated_delivery_date
A,o1,1/2/2018 10:00,1/10/2018 23:00,1/10/2018 0:00
B,o2,1/2/2018 11:00,1/13/2018 9:00,1/10/2018 0:00
C,o3,1/5/2018 12:00,,1/20/2018 0:00
D,o4,1/6/2018 12:00,1/8/2018 9:00,1/20/2018 0:00
E,o5,1/6/2018 12:00,1/21/2018 9:00,1/20/2018 0:00
""",
    "order_payments": """order_id,payment_value
A,10.10
A,5.05
B,20
D,1
E,1
""",
    "order_reviews": """review_pk,order_id,review_score,review_answer_timestamp
1,A,5,1/12/2018 9:30
2,B,1,1/15/2018 9:30
3,C,2,1/25/2018 9:30
4,D,4,1/25/2018 9:30
5,E,2,1/25/2018 9:30
""",
}
MADE["customers"] += "o4,carl,santos,SP\no5,dora,santos,SP\n"


@pytest.fixture
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("marketplace", ROOT / "examples/marketplace.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def made(tmp_path: Path) -> Path:
    for name, text in MADE.items():
        with gzip.open(tmp_path / f"{name}.csv.gz", "wt", encoding="utf-8") as file:
            file.write(text)
    return tmp_path


def test_tells_what_happened(
    example: ModuleType, made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By hand: four paid orders; reviews of 1, 2 and 2 complain; B and E came late of four."""
    assert example.main(["--data", str(made)]) == 0

    printed = capsys.readouterr().out
    assert "customers   4 of 4 stored" in printed
    assert "orders      4 of 5 stored, 1 refused" in printed
    assert "complaints  3 of 3 stored" in printed
    assert "1 of 5 stars; 3 days late" in printed
    assert "2 of 5 stars; not delivered" in printed
    assert "2 of 4 deliveries came after the day promised" in printed
    assert "on time           2  4.50" in printed
    assert "late              2  1.50" in printed


def test_a_folder_without_the_files_is_named(
    example: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert example.main(["--data", str(tmp_path)]) == 2

    assert "customers.csv.gz" in capsys.readouterr().err


@pytest.mark.skipif(not REAL.is_dir(), reason="../shared/data/marketplace is not here")
def test_agrees_with_what_is_known_of_the_real_data(
    example: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """The data's own description: 6.7 % of 5,000 late; mean score on time 4.32, late 2.36."""
    assert example.main(["--data", str(REAL)]) == 0

    printed = capsys.readouterr().out
    assert "333 of 4,858 deliveries" in printed
    assert round(100 * 333 / 5000, 1) == 6.7
    assert "4,522  4.32" in printed
    assert "326  2.36" in printed
