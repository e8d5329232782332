"""The description of the API, and the page that shows it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.utils import OpenApiResponse
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import IsAuthenticated

from communes.access import Policy, policy
from reports.api.serializers.refusals import FaultsSerializer

_MEANINGS = {
    400: "Yêu cầu sai: tham số, nội dung, hoặc số không được nhận.",
    401: "Chưa đăng nhập: cần Token, hoặc phiên trình duyệt.",
    403: "Được xem nhưng không được làm việc này; hoặc thiếu mã CSRF.",
    404: "Không có, hoặc không thuộc phạm vi của đồng chí.",
    406: "Không trả được dạng dữ liệu yêu cầu trong Accept.",
    409: "Có bản sửa mới hơn; mỗi mục kèm số đang lưu (current). Không ghi gì.",
    413: "Nội dung quá lớn.",
    415: "Chỉ nhận application/json.",
}


def answers(success: Any, *refusals: int, media_type: str = "") -> dict[Any, Any]:
    """The responses of an operation: what it gives, and the refusals in their one shape."""
    return {
        (200, media_type) if media_type else 200: success,
        **{
            code: OpenApiResponse(FaultsSerializer, _MEANINGS[code])
            for code in sorted({400, 401, 406, *refusals})
        },
    }


class SchemaView(SpectacularAPIView):
    """JSON unless YAML is asked for."""

    access_policy = Policy.SIGNED_IN
    permission_classes = (IsAuthenticated,)
    renderer_classes = [
        OpenApiJsonRenderer2,
        OpenApiJsonRenderer,
        OpenApiYamlRenderer,
        OpenApiYamlRenderer2,
    ]


class _DocsPage(SpectacularSwaggerSplitView):
    """The start script comes by an address of its own: the page may hold none (CSP)."""

    permission_classes = (IsAuthenticated,)
    template_name = "api/docs.html"
    url_name = "api:schema"


_docs_page = _DocsPage.as_view()


@policy(Policy.SIGNED_IN)
@require_GET
def docs(request: HttpRequest) -> HttpResponseBase:
    """A plain view, so that who is not signed in is sent to the sign-in page."""
    return _docs_page(request)
