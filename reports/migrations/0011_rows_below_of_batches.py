from django.db import migrations, models


class Migration(migrations.Migration):
    """Files made so far hold every table."""

    dependencies = [
        ("reports", "0010_annex_templates"),
    ]

    operations = [
        migrations.AddField(
            model_name="annexbatch",
            name="rows_below",
            field=models.CharField(
                choices=[
                    ("none", "không có biểu nào"),
                    ("held", "có trong tệp"),
                    ("left_out", "không có trong tệp"),
                ],
                default="held",
                max_length=10,
            ),
        ),
    ]
