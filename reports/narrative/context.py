"""What a report in words is filled in from: the names an office's template may use.

Names are Vietnamese without marks, as officials type them into the template. Each class lists
its own, with what it says and an example: the page of place-holders, the check of a template
and the filling in all read them here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import Field, dataclass, field, fields
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from povertyplan.lib.letters import MAY_BREAK, NO_BREAK
from povertyplan.lib.placeholders import Leaf, Names, Rows

_KEPT = re.compile(r"(?<=điểm) (?=%)|(?<=dòng) (?=\d)")
"""Spaces at which no line may end: what comes after them would stand there alone."""


_LONG = re.compile(r"(?:[^\W\d]+/)+[^\W\d]{3,}(?<=[\w/]{14})")
"""Measures wider than a column of figures."""


def said(name: str, words: str | Promise, example: str = "") -> Any:
    """A field that a template may name; its type (str or bool) says how it is used."""
    return field(metadata={"name": name, "words": words, "example": example})


def listed(name: str, words: str | Promise, of: type[Part], row: str) -> Any:
    """A field that is a list; `row`: what the template's loop usually calls one of them."""
    return field(metadata={"name": name, "words": words, "of": of, "row": row})


class Part:
    """What has place-holders: every field of it is one."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def values(self) -> dict[str, Any]:
        """Name → text, True or False, or a list of the same."""
        return {row.metadata["name"]: _plain(getattr(self, row.name)) for row in fields(self)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [row.values() for row in value]
    return _well_broken(value) if isinstance(value, str) else value


def _well_broken(text: str) -> str:
    """With the ends of lines at good places: 5 điểm %; đồng/người/|năm, not đồng/người/nă|m."""
    kept = _KEPT.sub(NO_BREAK, text)
    return _LONG.sub(lambda found: found[0].replace("/", f"/{MAY_BREAK}"), kept)


def names_of(part: type[Part]) -> Names:
    """The names of a part, for the check of a template."""
    return {row.metadata["name"]: _kind(row) for row in fields(part)}


def _kind(row: Field[Any]) -> Leaf | Rows:
    if "of" in row.metadata:
        return Rows(names_of(row.metadata["of"]))
    return Leaf.FLAG if row.type == "bool" else Leaf.TEXT


@dataclass(frozen=True, slots=True)
class PlaceHolder:
    """One line of the page of place-holders; `loop` repeats what is in a list."""

    name: str
    words: str
    example: str
    loop: str
    is_flag: bool


def place_holders(part: type[Part], row: str = "") -> Iterator[PlaceHolder]:
    """Every name that a template may use, a list before the names in it."""
    for one in fields(part):
        told = one.metadata
        name = f"{row}.{told['name']}" if row else told["name"]
        loop = f"{{% for {told['row']} in {name} %}} … {{% endfor %}}" if "of" in told else ""
        is_flag = one.type == "bool"
        yield PlaceHolder(name, str(told["words"]), told.get("example", ""), loop, is_flag)
        if "of" in told:
            yield from place_holders(told["of"], told["row"])


# -- the parts -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line(Part):
    """One figure by its name."""

    name: str = said("ten", _("tên chỉ số"), "Hộ tái nghèo")
    value: str = said("so", _("số, kèm đơn vị tính"), "12 hộ")


@dataclass(frozen=True)
class Year(Part):
    """One year of a class of households."""

    year: str = said("nam", _("năm"), "2024")
    opening: str = said("dau_ky", _("số hộ đầu kỳ"), "4.071")
    closing: str = said("cuoi_ky", _("số hộ cuối kỳ"), "2.800")
    opening_rate: str = said("ty_le_dau", _("tỷ lệ đầu kỳ, %"), "29,79")
    closing_rate: str = said("ty_le_cuoi", _("tỷ lệ cuối kỳ, %"), "24,05")
    cut: str = said("giam", _("mức giảm trong năm, điểm %"), "5,74")
    coverage: str = said("so_don_vi", _("số đơn vị có số trên số phải báo cáo"), "15/18")


@dataclass(frozen=True)
class Subject(Part):
    """A class of households that is counted each year: the poor, the near-poor."""

    name: str = said("ten", _("loại hộ"), "Hộ nghèo")
    sentence: str = said("cau", _("câu nêu số đầu kỳ, cuối kỳ, tỷ lệ, mức giảm"), "Hộ nghèo: …")
    moves: str = said("cau_bien_dong", _("câu nêu biến động trong kỳ"), "Trong kỳ: hộ thoát …")
    note: str = said("luu_y", _("lưu ý khi so sánh các năm"), "Từ năm 2022 theo chuẩn nghèo mới.")
    has_years: bool = said("nhieu_nam", _("có số liệu từ hai năm trở lên để lập bảng"))
    lines: tuple[Line, ...] = listed("bien_dong", _("biến động trong kỳ, từng số"), Line, "b")
    years: tuple[Year, ...] = listed("cac_nam", _("số liệu từng năm"), Year, "n")


@dataclass(frozen=True)
class Behind(Part):
    """A unit that is behind on a promise."""

    name: str = said("ten", _("tên đơn vị"), "xã Lùng Cải")
    actual: str = said("thuc_hien", _("thực hiện"), "45,2%")
    expected: str = said("moc", _("mốc đến kỳ"), "40,0%")
    gap: str = said("lech", _("lệch mốc, phần trăm của mốc; trống khi không tính được"), "13,0%")


@dataclass(frozen=True)
class Promise_(Part):  # noqa: N801  # Promise is Django's word for text said later
    """A figure that the plan promises, judged."""

    number: str = said("stt", _("số thứ tự"), "1.1")
    name: str = said("ten", _("tên chỉ tiêu"), "Giảm tỷ lệ hộ nghèo")
    plan: str = said("ke_hoach", _("văn bản giao"), "Kế hoạch số 53/KH-UBND")
    section: str = said("muc", _("mục trong văn bản"), "II.2 gạch đầu dòng 1")
    place: str = said("vi_tri", _("vị trí trong văn bản, để đọc"), "mục II.2 gạch đầu dòng 1")
    goal: str = said("giao", _("mức giao"), "> 7 điểm %")
    due: str = said("den_nam", _("năm phải đạt"), "2025")
    expected: str = said("moc", _("mốc đến kỳ báo cáo"), "7,00 điểm %")
    gap: str = said("lech", _("lệch mốc, phần trăm của mốc; trống khi không lệch"), "3,3%")
    actual: str = said("thuc_hien", _("kết quả thực hiện"), "6,77 điểm %")
    verdict: str = said("danh_gia", _("đánh giá"), "Nguy cơ")
    explanation: str = said("dien_giai", _("câu diễn giải"), "Giảm bình quân 6,77 điểm % …")
    coverage: str = said("so_don_vi", _("số đơn vị có số trên số phải báo cáo"), "15/18")
    behind_sentence: str = said(
        "cau_don_vi", _("câu nêu các đơn vị lệch mốc nhiều nhất"), "Lệch mốc nhiều nhất: xã …"
    )
    behind: tuple[Behind, ...] = listed(
        "don_vi", _("các đơn vị lệch mốc, nhiều nhất (theo % của mốc) trước"), Behind, "v"
    )


@dataclass(frozen=True)
class Section(Part):
    """The promises of one theme."""

    number: str = said("stt", _("số thứ tự"), "1")
    name: str = said("ten", _("lĩnh vực"), "Việc làm")
    summary: str = said(
        "tom_tat", _("câu tóm tắt; trống ở báo cáo 6 tháng"), "3 chỉ tiêu: 2 đạt, 1 chậm."
    )
    promises: tuple[Promise_, ...] = listed("chi_tieu", _("các chỉ tiêu"), Promise_, "c")


@dataclass(frozen=True)
class Basis(Part):
    """A document that the report answers to."""

    name: str = said(
        "van_ban", _("loại, số, ngày, cơ quan ban hành, trích yếu"), "Kế hoạch số 53/KH-UBND …"
    )


@dataclass(frozen=True)
class Narrative(Part):
    """A whole report."""

    issuer: str = said("co_quan", _("cơ quan ban hành"), "ỦY BAN NHÂN DÂN")
    place: str = said("dia_ban", _("địa bàn, chữ in"), "HUYỆN BẮC HÀ")
    unit: str = said("don_vi", _("địa bàn trong câu"), "huyện Bắc Hà")
    town: str = said("dia_danh", _("địa danh"), "Bắc Hà")
    date: str = said("noi_ngay", _("địa danh, ngày tháng năm"), "Bắc Hà, ngày … tháng … năm …")
    subject: str = said(
        "trich_yeu",
        _("trích yếu, “trên địa bàn …” không bị ngắt dòng"),
        "Kết quả thực hiện kế hoạch giảm nghèo …",
    )
    addressee: str = said("kinh_gui", _("nơi kính gửi"), "Ủy ban nhân dân tỉnh Lào Cai")
    has_no_addressee: bool = said("thieu_noi_nhan", _("người soạn phải nêu nơi kính gửi"))
    opening: str = said("mo_dau", _("đoạn mở đầu, nêu căn cứ"), "Thực hiện Kế hoạch số …")
    lacks_basis: bool = said(
        "thieu_can_cu", _("văn bản giao chỉ tiêu còn thiếu, hoặc thiếu số, ngày")
    )
    period: str = said("ky", _("kỳ báo cáo"), "năm 2024")
    stage: str = said("loai_so", _("loại số liệu"), "chính thức")
    marks: str = said(
        "dau_so_lieu", _("chữ phải in trên mọi trang; trống khi không có"), "SỐ TẠM TÍNH"
    )
    is_half: bool = said("la_6_thang", _("là báo cáo 6 tháng"))
    is_year: bool = said("la_nam", _("là báo cáo năm"))
    is_final: bool = said("la_tong_ket", _("là báo cáo tổng kết"))
    coverage: str = said("cau_so_lieu", _("câu nêu số đơn vị đã báo cáo, đã duyệt"), "Có 16/18 …")
    unreported: str = said(
        "cau_chua_bao_cao", _("câu nêu đơn vị chưa báo cáo; trống khi đủ"), "Chưa báo cáo: …"
    )
    yearly_only: str = said(
        "cau_so_nam", _("câu nói rõ khi kỳ 6 tháng không có số liệu; trống khi có"), "Các chỉ …"
    )
    headline: str = said("cau_chung", _("câu đánh giá chung các chỉ tiêu"), "Trong 34 chỉ tiêu …")
    source: str = said("nguon", _("nguồn và thời điểm số liệu"), "Số liệu tạm tính, cập nhật …")
    has_late: bool = said("co_chi_tieu_cham", _("có chỉ tiêu chậm hoặc nguy cơ"))
    has_promises: bool = said("co_chi_tieu", _("có chỉ tiêu để nêu từng dòng"))
    bases: tuple[Basis, ...] = listed("can_cu", _("các văn bản giao chỉ tiêu"), Basis, "k")
    subjects: tuple[Subject, ...] = listed(
        "ket_qua", _("kết quả chung: hộ nghèo, hộ cận nghèo"), Subject, "h"
    )
    sections: tuple[Section, ...] = listed(
        "linh_vuc",
        _("chỉ tiêu theo từng lĩnh vực; ở báo cáo 6 tháng chỉ những chỉ tiêu có số của kỳ"),
        Section,
        "l",
    )
    late: tuple[Promise_, ...] = listed(
        "chi_tieu_cham",
        _("các chỉ tiêu chậm hoặc nguy cơ, lệch mốc nhiều nhất (theo % của mốc) trước"),
        Promise_,
        "c",
    )


NAMES = names_of(Narrative)
