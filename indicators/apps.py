from django.apps import AppConfig


class IndicatorsConfig(AppConfig):
    name = "indicators"
    verbose_name = "Chỉ số và số liệu"

    def ready(self) -> None:
        from indicators import definitions  # noqa: PLC0415  # needs the models loaded

        definitions.listen()
