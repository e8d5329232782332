"""The addresses of the API: parse, ask `access`, call one function, answer."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.exceptions import NotAuthenticated
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from communes.access import Policy
from communes.models import Official, Unit
from indicators.models import Indicator, Result
from plans.models import Plan, Target
from reports.api import assessing, naming, reading, submitting, tables
from reports.api.filters import IndicatorFilter, PlanFilter, UnitFilter
from reports.api.openapi import answers
from reports.api.params import (
    AnnexesQuery,
    AssessmentQuery,
    ResultsQuery,
    RollupsQuery,
    WorkbookQuery,
)
from reports.api.parsers import ExactJSONParser
from reports.api.renderers import CsvRenderer
from reports.api.serializers.assessments import AssessmentSerializer
from reports.api.serializers.catalogue import (
    IndicatorSerializer,
    PlanSerializer,
    TargetSerializer,
    UnitSerializer,
)
from reports.api.serializers.facts import (
    BatchAnswerSerializer,
    BatchSerializer,
    ResultSerializer,
    RollupSerializer,
)
from reports.api.serializers.tables import AnnexSerializer


def _caller(request: Request) -> Official:
    """Who asks. The views are closed to strangers, so this refuses only by mistake."""
    if not isinstance(request.user, Official):
        raise NotAuthenticated
    return request.user


def _asked(query: Any, request: Request) -> dict[str, Any]:
    """The query parameters as typed values. Raises ValidationError naming each bad one."""
    question = query(data=request.query_params)
    question.is_valid(raise_exception=True)
    values: dict[str, Any] = question.validated_data
    return values


@extend_schema_view(
    get=extend_schema(
        operation_id="units",
        tags=["Danh mục"],
        summary="Đơn vị hành chính trong phạm vi của người gọi, vào một ngày",
        responses=answers(UnitSerializer(many=True), 404),
    )
)
class UnitsView(ListAPIView[Unit]):
    access_policy = Policy.SIGNED_IN
    queryset = Unit.objects.none()
    serializer_class = UnitSerializer
    filterset_class = UnitFilter

    def get_queryset(self) -> QuerySet[Unit]:
        return reading.units_list()


@extend_schema_view(
    get=extend_schema(
        operation_id="indicators",
        tags=["Danh mục"],
        summary="Chỉ số: cách nhập, cách tổng hợp, tử số và mẫu số",
        responses=answers(IndicatorSerializer(many=True)),
    )
)
class IndicatorsView(ListAPIView[Indicator]):
    access_policy = Policy.SIGNED_IN
    queryset = Indicator.objects.none()
    serializer_class = IndicatorSerializer
    filterset_class = IndicatorFilter

    def get_queryset(self) -> QuerySet[Indicator]:
        return reading.indicators_list()


@extend_schema_view(
    get=extend_schema(
        operation_id="plans",
        tags=["Kế hoạch"],
        summary="Kế hoạch, đề án, nghị quyết và quan hệ giữa chúng",
        responses=answers(PlanSerializer(many=True)),
    )
)
class PlansView(ListAPIView[Plan]):
    access_policy = Policy.SIGNED_IN
    queryset = Plan.objects.none()
    serializer_class = PlanSerializer
    filterset_class = PlanFilter

    def get_queryset(self) -> QuerySet[Plan]:
        return reading.plans_list()


@extend_schema_view(
    get=extend_schema(
        operation_id="plan_targets",
        tags=["Kế hoạch"],
        summary="Chỉ tiêu và kết quả mà một văn bản nêu, theo thứ tự trong văn bản",
        responses=answers(TargetSerializer(many=True), 404),
    )
)
class PlanTargetsView(ListAPIView[Target]):
    access_policy = Policy.SIGNED_IN
    queryset = Target.objects.none()
    serializer_class = TargetSerializer
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Target]:
        found = reading.targets_of(self.kwargs["plan"])
        if found is None:
            raise Http404
        return found


@extend_schema_view(
    get=extend_schema(
        operation_id="plan_assessment",
        tags=["Kế hoạch"],
        summary="Từng chỉ tiêu của kế hoạch: kết luận, mốc, phần còn phải đạt, giải thích",
        description=(
            "Một mục mỗi chỉ tiêu mà người gọi được xem số. Tệp CSV (mọi chỉ tiêu, không chia "
            "trang): thêm format=csv hoặc Accept: text/csv."
        ),
        parameters=[AssessmentQuery],
        responses=answers(AssessmentSerializer(many=True), 404),
    )
)
class PlanAssessmentView(GenericAPIView[Any]):
    access_policy = Policy.BY_UNIT
    serializer_class = AssessmentSerializer
    renderer_classes = (JSONRenderer, CsvRenderer)
    filter_backends = ()

    def get(self, request: Request, plan: str) -> Response:
        asked = _asked(AssessmentQuery, request)
        period, stage = asked["period"], asked["stage"]
        caller = _caller(request)
        targets, unit = assessing.targets_to_judge(caller, plan, asked["unit"], period)
        if isinstance(request.accepted_renderer, CsvRenderer):
            items = assessing.judged(targets, period, stage, unit, caller)
            rows = AssessmentSerializer(items, many=True).data
            name = f"danh-gia-{plan}-{period.code}.csv"
            headers = {"Content-Disposition": f'attachment; filename="{name}"'}
            return Response({"results": rows}, headers=headers)
        page = self.paginate_queryset(targets)
        items = assessing.judged(page or [], period, stage, unit, caller)
        return self.get_paginated_response(AssessmentSerializer(items, many=True).data)


class ResultsView(GenericAPIView[Result]):
    access_policy = Policy.BY_UNIT
    queryset = Result.objects.none()
    serializer_class = ResultSerializer
    parser_classes = (ExactJSONParser,)
    filter_backends = ()

    @extend_schema(
        operation_id="results",
        tags=["Kết quả"],
        summary="Số liệu do đơn vị nhập, kể cả nháp, trong phạm vi của người gọi",
        parameters=[ResultsQuery],
        responses=answers(ResultSerializer(many=True), 404),
    )
    def get(self, request: Request) -> Response:
        asked = _asked(ResultsQuery, request)
        units, periods = asked["unit"], asked["period"]
        seats = naming.find_seats(_caller(request), units, periods) if units else None
        rows = reading.results_list(_caller(request), seats, asked["indicator"], periods)
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(ResultSerializer(page, many=True).data)

    @extend_schema(
        operation_id="record_results",
        tags=["Kết quả"],
        summary="Ghi nháp nhiều số liệu: ghi hết hoặc không ghi gì",
        description=(
            "Số ghi ở đây là bản nháp của báo cáo đơn vị; chỉ được tính sau khi đơn vị nộp. "
            "Một mục bị từ chối thì không mục nào được ghi; errors nêu từng mục."
        ),
        request=BatchSerializer,
        responses=answers(BatchAnswerSerializer, 403, 404, 409, 413, 415),
    )
    def post(self, request: Request) -> Response:
        batch = BatchSerializer(data=request.data)
        batch.is_valid(raise_exception=True)
        written = submitting.record_items(batch.items, by=_caller(request))
        return Response(BatchAnswerSerializer({"results": written}).data)


class RollupsView(GenericAPIView[Any]):
    access_policy = Policy.BY_UNIT
    serializer_class = RollupSerializer
    filter_backends = ()

    @extend_schema(
        operation_id="rollups",
        tags=["Số tổng hợp"],
        summary="Số cộng từ đơn vị và mọi đơn vị bên dưới; tỷ lệ tính từ tử số và mẫu số đã cộng",
        parameters=[RollupsQuery],
        responses=answers(RollupSerializer(many=True), 404),
    )
    def get(self, request: Request) -> Response:
        asked = _asked(RollupsQuery, request)
        seats = naming.find_seats(_caller(request), asked["unit"], asked["period"])
        lines = reading.rollup_lines(seats, asked["indicator"], asked["stage"])
        page = self.paginate_queryset(lines)
        items = reading.rollup_items(page or [], asked["stage"])
        return self.get_paginated_response(RollupSerializer(items, many=True).data)


@extend_schema_view(
    get=extend_schema(
        operation_id="annexes",
        tags=["Biểu"],
        summary="Biểu có trong danh mục; nêu đơn vị và kỳ thì cho biết lập được hay không",
        parameters=[AnnexesQuery],
        responses=answers(AnnexSerializer(many=True), 404),
    )
)
class AnnexesView(GenericAPIView[Any]):
    access_policy = Policy.BY_UNIT
    serializer_class = AnnexSerializer
    filter_backends = ()

    def get(self, request: Request) -> Response:
        asked = _asked(AnnexesQuery, request)
        if asked["period"] is None:
            items = tables.layouts(asked["plan"])
        else:
            caller = _caller(request)
            area = naming.find_area(caller, asked["unit"], asked["period"])
            items = tables.offered(area, asked["period"], asked["plan"], caller)
        page = self.paginate_queryset(items)
        return self.get_paginated_response(AnnexSerializer(page, many=True).data)


class _AnyAccept(BaseContentNegotiation):
    """A file is sent as what it is, whatever the Accept header; refusals stay JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class WorkbookView(GenericAPIView[Any]):
    access_policy = Policy.BY_UNIT
    content_negotiation_class = _AnyAccept
    filter_backends = ()

    @extend_schema(
        operation_id="annex_workbook",
        tags=["Biểu"],
        summary="Tệp Excel của một biểu",
        parameters=[WorkbookQuery],
        responses=answers(OpenApiTypes.BINARY, 403, 404, media_type=tables.XLSX),
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        asked = _asked(WorkbookQuery, request)
        caller = _caller(request)
        area = naming.find_area(caller, asked["unit"], asked["period"])
        name, content = tables.workbook(
            code, area, asked["period"], asked["plan"], asked["stage"], asked["variant"], caller
        )
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(content, content_type=tables.XLSX, headers=headers)
