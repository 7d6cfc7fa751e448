"""A small shop and a dozen questions, so that the verifier can be tried without data."""

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from suite.core.cache import cache_key, locked, lookup, store

FILE_NAME = "shop.sqlite"
SCRIPT = """
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, city TEXT, joined DATE);
CREATE TABLE product (id INTEGER PRIMARY KEY, title TEXT UNIQUE, kind TEXT, price REAL);
CREATE TABLE purchase (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER REFERENCES customer (id),
    product_id INTEGER REFERENCES product (id),
    num INTEGER NOT NULL,
    day DATE
);
INSERT INTO customer VALUES
    (1, 'Ada', 'Oslo', '2023-01-05'), (2, 'Bo', 'Rome', '2023-02-11'),
    (3, 'Cai', 'Oslo', '2023-07-30'), (4, 'Dee', NULL, '2024-06-20'),
    (5, 'Eli', 'Lima', '2024-06-28'), (6, 'Flo', 'Rome', '2022-12-01');
INSERT INTO product VALUES
    (1, 'pen', 'paper', 1.5), (2, 'pad', 'paper', 3.25), (3, 'lamp', 'light', 20.0),
    (4, 'bulb', 'light', 4.75), (5, 'desk', 'wood', 149.0);
INSERT INTO purchase VALUES
    (1, 1, 1, 10, '2024-06-01'), (2, 1, 3, 1, '2024-06-02'), (3, 2, 2, 4, '2024-05-11'),
    (4, 3, 5, 1, '2024-06-25'), (5, 3, 4, 6, '2024-06-25'), (6, 4, 1, 3, '2024-06-30'),
    (7, 5, 2, 2, '2024-06-30'), (8, 6, 3, 2, '2023-12-24'), (9, 6, 1, 5, '2024-01-02');
"""
SPENT = "SUM(p.num * i.price) AS spent FROM purchase p JOIN product i ON i.id = p.product_id"
BOUGHT_PAPER = (
    "SELECT DISTINCT c.name FROM customer c JOIN purchase p ON p.customer_id = c.id "
    "JOIN product i ON i.id = p.product_id WHERE i.kind = 'paper'"
)
QUESTIONS: tuple[tuple[str, str | list[str]], ...] = (
    ("How many customers are there?", "SELECT COUNT(*) FROM customer"),
    ("Which customers live in Oslo?", "SELECT name FROM customer WHERE city = 'Oslo'"),
    ("Who has no city?", "SELECT name FROM customer WHERE city IS NULL"),
    (
        "How many customers does each city have?",
        "SELECT city, COUNT(*) FROM customer WHERE city IS NOT NULL GROUP BY city",
    ),
    ("List titles by price, dearest first.", "SELECT title FROM product ORDER BY price DESC"),
    ("What is the mean price of each kind?", "SELECT kind, AVG(price) FROM product GROUP BY kind"),
    ("What is the dearest product?", "SELECT title FROM product ORDER BY price DESC LIMIT 1"),
    (
        "How much was spent on each day, oldest first?",
        f"SELECT p.day, {SPENT} GROUP BY p.day ORDER BY p.day",
    ),
    (
        "Which customers bought something of paper?",
        BOUGHT_PAPER,
    ),
    (
        "Who joined in the last 14 days? Names, or ids.",
        [
            "SELECT name FROM customer WHERE joined >= date('now', '-14 days')",
            "SELECT id FROM customer WHERE joined >= date('now', '-14 days')",
        ],
    ),
    (
        "Which customers spent more than 30?",
        f"SELECT p.customer_id, {SPENT} GROUP BY p.customer_id HAVING spent > 30",
    ),
    (
        "What share of purchases was made in June 2024?",
        "SELECT AVG(CASE WHEN day LIKE '2024-06-%' THEN 1.0 ELSE 0.0 END) FROM purchase",
    ),
)


def shop() -> Path:
    """The shop's database file, written into the cache once."""
    description = {"what": "example database of sql/execution", "script": SCRIPT}
    key = cache_key(description)
    with locked(key):
        folder = lookup(key)
        if folder is None:
            with tempfile.TemporaryDirectory() as scratch:
                file = Path(scratch) / FILE_NAME
                connection = sqlite3.connect(file)
                connection.executescript(SCRIPT)
                connection.close()
                folder = store(key, {FILE_NAME: file}, description)
    return folder / FILE_NAME


def rows() -> Iterator[Mapping[str, Any]]:
    """The questions as rows of SqlVerifier."""
    path = shop()
    for number, (question, gold) in enumerate(QUESTIONS, 1):
        name = f"shop question {number}"
        yield {"name": name, "question": question, "database": str(path), "gold": gold}
