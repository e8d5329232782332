"""Typed reading of the CSV and YAML files that officials import.

Every row is read before anything is judged, and every fault is a Problem that says where it
stands (file, line, column or field), what was found, what was expected and what to do.
Nothing here touches the database.
"""

from povertyplan.lib.reading.csv_files import read_csv
from povertyplan.lib.reading.rows import (
    Key,
    Record,
    Row,
    named_only,
    refuse_if,
    repeated,
    suggestion,
)
from povertyplan.lib.reading.values import (
    Code,
    Codes,
    Day,
    Flag,
    LongCode,
    Number,
    UnitCode,
    Whole,
    Year,
    as_json,
)
from povertyplan.lib.reading.yaml_files import YamlFile, read_yaml

__all__ = [
    "Code",
    "Codes",
    "Day",
    "Flag",
    "Key",
    "LongCode",
    "Number",
    "Record",
    "Row",
    "UnitCode",
    "Whole",
    "YamlFile",
    "Year",
    "as_json",
    "named_only",
    "read_csv",
    "read_yaml",
    "refuse_if",
    "repeated",
    "suggestion",
]
