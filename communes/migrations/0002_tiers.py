"""The tiers of the contract, as rows that an administrator may rename."""

from typing import Any

from django.db import migrations

TIERS = [
    ("nation", "Trung ương", 0),
    ("province", "Tỉnh", 1),
    ("district", "Huyện", 2),
    ("commune", "Xã", 3),
    ("village", "Thôn", 4),
]


def add_tiers(apps: Any, schema_editor: Any) -> None:
    tier = apps.get_model("communes", "Tier")
    for code, name, rank in TIERS:
        tier.objects.get_or_create(code=code, defaults={"name": name, "rank": rank})


class Migration(migrations.Migration):
    dependencies = [("communes", "0001_initial")]
    operations = [migrations.RunPython(add_tiers, migrations.RunPython.noop)]
