"""`GET /health/`: is this process ready to serve?"""

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from communes.access import Policy, policy


@policy(Policy.PUBLIC)
@require_GET
@never_cache
def health(_request: HttpRequest) -> JsonResponse:
    """200 when the database answers; a failure is the caller's 500. Names nothing secret."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return JsonResponse({"status": "ok"})
