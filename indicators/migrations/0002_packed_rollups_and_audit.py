"""Rollups packed a row a unit; the queue knows whole periods and what failed; the self-audit."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import indicators.models.fields


def ask_for_everything(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Rollups of the old shape are gone; the facts give them again."""
    facts = apps.get_model("indicators", "Result").objects
    marks = apps.get_model("indicators", "Recompute").objects
    for period in sorted(facts.order_by().values_list("period", flat=True).distinct()):
        marks.create(unit=None, period=period)


def compress_quickly(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """lz4 packs cells several times faster than PostgreSQL's default, where it was built in."""
    connection = editor.connection
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
        )
        row = cursor.fetchone()
        if row and row[0]:
            cursor.execute("ALTER TABLE indicators_rollup ALTER cells SET COMPRESSION lz4")


class Migration(migrations.Migration):
    dependencies = [
        ("indicators", "0001_initial"),
        ("communes", "0002_tiers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.DeleteModel(name="Rollup"),
        migrations.CreateModel(
            name="Rollup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("period", indicators.models.fields.PeriodField(max_length=7, verbose_name="kỳ")),
                (
                    "stage",
                    models.CharField(
                        choices=[("provisional", "tạm tính"), ("official", "chính thức")],
                        max_length=12,
                    ),
                ),
                ("cells", models.BinaryField()),
                ("computed_at", models.DateTimeField()),
                (
                    "unit",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rollups",
                        to="communes.unit",
                    ),
                ),
            ],
            options={
                "verbose_name": "số tổng hợp",
                "verbose_name_plural": "số tổng hợp",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("unit", "period", "stage"),
                        name="rollup_one_row_per_unit_and_period",
                    ),
                ],
            },
        ),
        migrations.AlterField(
            model_name="recompute",
            name="unit",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="communes.unit",
            ),
        ),
        migrations.AddField(
            model_name="recompute",
            name="problem",
            field=models.CharField(blank=True, max_length=300, verbose_name="lỗi"),
        ),
        migrations.AlterField(
            model_name="result",
            name="entered_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="Definitions",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("stamp", models.UUIDField(default=uuid.uuid4)),
            ],
            options={
                "verbose_name": "dấu của định nghĩa",
                "verbose_name_plural": "dấu của định nghĩa",
            },
        ),
        migrations.CreateModel(
            name="Audit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("period", indicators.models.fields.PeriodField(max_length=7, verbose_name="kỳ")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="lúc")),
                ("checked", models.PositiveIntegerField(default=0, verbose_name="số đã kiểm")),
                ("differing", models.PositiveIntegerField(default=0, verbose_name="số lệch")),
                ("rows", models.JSONField(default=list, verbose_name="các số lệch")),
                ("seconds", models.FloatField(default=0, verbose_name="giây")),
                (
                    "seen_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="communes.unit",
                        verbose_name="đơn vị",
                    ),
                ),
            ],
            options={
                "verbose_name": "lần tự kiểm",
                "verbose_name_plural": "các lần tự kiểm",
                "ordering": ["-at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("differing__gt", 0), ("seen_by", None)),
                        fields=["at"],
                        name="audit_alerts",
                    ),
                ],
            },
        ),
        migrations.RunPython(compress_quickly, migrations.RunPython.noop),
        migrations.RunPython(ask_for_everything, migrations.RunPython.noop),
    ]
