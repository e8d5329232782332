from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    """Django's admin under the product's own site, which asks the judge of access."""

    default_site = "povertyplan.administration.AdministrationSite"
