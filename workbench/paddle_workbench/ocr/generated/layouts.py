"""Draw clean, flat price tags, receipts, forms, pages and single lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, TypeAlias

import numpy as np

from ...environment.fonts import FontName
from ...text.stretches import TextSource, wrap
from .canvas import Canvas, Colour

__all__ = ["KINDS", "Kind", "draw"]

Kind: TypeAlias = Literal["price_tag", "receipt", "form", "page", "line"]
Rng: TypeAlias = np.random.Generator

# Name, unit of sale, lowest and highest price in yuan.
GOODS: Final = (
    ("东北长粒香大米", "5kg/袋", 32, 69),
    ("纯牛奶整箱装", "250ml×16盒", 39, 66),
    ("特级初榨橄榄油", "750ml/瓶", 59, 139),
    ("新疆红提葡萄", "500g/份", 9, 20),
    ("冰糖心苹果", "约2.5kg", 19, 46),
    ("鲜鸡蛋", "30枚/板", 15, 29),
    ("酱香牛肉", "200g/盒", 18, 42),
    ("全麦切片面包", "400g/包", 7, 16),
    ("浓香花生油", "5L/桶", 79, 139),
    ("抽取式面巾纸", "3层×24包", 29, 59),
    ("无蔗糖酸奶", "1.35kg/桶", 15, 33),
    ("龙井绿茶", "125g/罐", 48, 188),
    ("洗衣液薰衣草香", "3kg/瓶", 25, 59),
    ("手工水饺猪肉白菜", "1kg/袋", 18, 36),
    ("蓝莓果酱", "340g/瓶", 12, 29),
    ("速溶咖啡", "100条/盒", 49, 98),
)
ORIGINS: Final = ("黑龙江", "内蒙古", "山东烟台", "新疆", "浙江杭州", "广东", "云南", "河北")
SHOPS: Final = ("惠民生活超市", "好邻居便利店", "鲜果时光", "新华书店", "老街坊餐馆", "安康大药房")
STREETS: Final = ("解放路", "人民大道", "中山北路", "学院街", "滨江路")
FIELDS: Final = (
    ("姓名", ("王建国", "李晓红", "张伟", "陈思雨", "欧阳明", "刘海燕")),
    ("部门", ("市场部", "技术研发中心", "人力资源部", "财务部")),
    ("事由", ("参加行业展览会", "客户现场调试设备", "家中有事", "年度体检")),
    ("地点", ("北京市海淀区", "上海浦东新区", "成都高新区", "武汉东湖")),
    ("交通方式", ("高铁二等座", "飞机经济舱", "自驾")),
    ("备注", ("已与主管沟通", "发票随后提交", "无")),
)
FORM_TITLES: Final = ("出差申请表", "费用报销单", "请假审批单", "会议室预定登记表")


def draw(kind: Kind, rng: Rng, source: TextSource) -> Canvas:
    """Draw a sheet of one kind with random content and style."""
    return _DRAWERS[kind](rng, source)


def _one_of(rng: Rng, choices: tuple[str, ...]) -> str:
    return choices[int(rng.integers(len(choices)))]


def _font(rng: Rng, *, serif: float = 0.4) -> FontName:
    return "serif" if rng.random() < serif else "sans"


def _price(rng: Rng, low: int, high: int) -> str:
    return f"{int(rng.integers(low, high))}.{_one_of(rng, ('00', '50', '80', '90', '99'))}"


def _price_tag(rng: Rng, _: TextSource) -> Canvas:
    name, unit, low, high = GOODS[int(rng.integers(len(GOODS)))]
    price = _price(rng, low, high)
    accent: Colour = ((200, 22, 29), (0, 122, 61), (0, 84, 166), (217, 93, 14))[
        int(rng.integers(4))
    ]
    canvas = Canvas((520, 320), (255, 253, 240) if rng.random() < 0.5 else (255, 255, 255))
    draw = canvas.draw
    draw.rectangle((0, 0, 519, 62), accent)
    canvas.write(name, (18, 31), size=34, colour=(255, 255, 255), bold=True, anchor="lm")
    if rng.random() < 0.6:
        draw.rounded_rectangle((428, 12, 506, 50), 6, (255, 236, 60))
        word = _one_of(rng, ("特价", "促销", "新品", "会员价"))
        canvas.write(word, (467, 31), size=22, colour=accent, bold=True, anchor="mm")
    grey = (70, 70, 70)
    canvas.write(f"规格：{unit}", (18, 82), size=20, colour=grey)
    canvas.write(f"产地：{_one_of(rng, ORIGINS)}", (18, 114), size=20, colour=grey)
    canvas.write(
        f"等级：{_one_of(rng, ('一级', '优级', '合格品'))}", (18, 146), size=20, colour=grey
    )
    right = canvas.write(f"¥{price}", (505, 205), size=92, colour=accent, bold=True, anchor="rs")
    canvas.write("元/件", (505, 238), size=20, colour=grey, anchor="rs")
    if rng.random() < 0.5:
        old = f"原价：{float(price) * 1.25:.2f}"
        left, top, end, bottom = canvas.write(
            old, (right[0], 238), size=20, colour=grey, anchor="ls"
        )
        canvas.rule((left + 50, (top + bottom) / 2), (end, (top + bottom) / 2), colour=grey)
    code = "69" + "".join(str(digit) for digit in rng.integers(0, 10, size=11))
    _barcode(canvas, rng, (20, 196), (190, 70))
    canvas.write(code, (115, 272), size=18, anchor="mt")
    canvas.write(
        f"物价员：{rng.integers(1000, 9999)}", (505, 272), size=16, colour=grey, anchor="rt"
    )
    draw.rectangle((0, 0, 519, 319), outline=accent, width=3)
    return canvas


def _barcode(canvas: Canvas, rng: Rng, at: tuple[int, int], size: tuple[int, int]) -> None:
    """Draw bars of one to four modules, like those of EAN-13, which encode nothing."""
    x = float(at[0])
    module = size[0] / 95
    while x < at[0] + size[0]:
        bar, gap = rng.integers(1, 5, size=2) * module
        canvas.draw.rectangle((x, at[1], x + bar - 1, at[1] + size[1]), (20, 20, 20))
        x += bar + gap


def _receipt(rng: Rng, _: TextSource) -> Canvas:
    count = int(rng.integers(3, 8))
    ink: Colour = (40, 40, 48)
    canvas = Canvas((400, 420 + 34 * count), (250, 249, 245))
    middle = canvas.width / 2
    canvas.write(_one_of(rng, SHOPS), (middle, 24), size=30, colour=ink, bold=True, anchor="mt")
    canvas.write("销售小票", (middle, 66), size=22, colour=ink, anchor="mt")
    day = f"2025-{rng.integers(1, 13):02}-{rng.integers(1, 29):02}"
    clock = f"{rng.integers(8, 22):02}:{rng.integers(0, 60):02}"
    canvas.write(f"日期：{day}", (20, 104), size=18, colour=ink)
    canvas.write(clock, (380, 104), size=18, colour=ink, anchor="ra")
    canvas.write(f"单号：{rng.integers(10**9, 10**10)}", (20, 132), size=18, colour=ink)
    y = 164
    canvas.rule((20, y), (380, y), colour=ink, dash=5)
    for head, x, anchor in (("品名", 20, "la"), ("数量", 270, "ra"), ("金额", 380, "ra")):
        canvas.write(head, (x, y + 8), size=18, colour=ink, anchor=anchor)
    y += 42
    total = 0.0
    for place in rng.permutation(len(GOODS))[:count]:
        name, _unit, low, high = GOODS[int(place)]
        quantity = int(rng.integers(1, 4))
        amount = quantity * float(_price(rng, low, high))
        total += amount
        canvas.write(name, (20, y), size=18, colour=ink)
        canvas.write(str(quantity), (262, y), size=18, colour=ink, anchor="ra")
        canvas.write(f"{amount:.2f}", (380, y), size=18, colour=ink, anchor="ra")
        y += 34
    canvas.rule((20, y), (380, y), colour=ink, dash=5)
    paid = float(np.ceil(total / 50) * 50)
    rows = (
        ("合计", f"¥{total:.2f}", 24),
        ("实收", f"{paid:.2f}", 18),
        ("找零", f"{paid - total:.2f}", 18),
    )
    y += 14
    for head, value, size in rows:
        canvas.write(head, (20, y), size=size, colour=ink, bold=size > 20)
        canvas.write(value, (380, y), size=size, colour=ink, bold=size > 20, anchor="ra")
        y += size + 14
    canvas.write(
        f"地址：{_one_of(rng, STREETS)}{rng.integers(1, 400)}号", (20, y + 6), size=16, colour=ink
    )
    canvas.write("谢谢惠顾，欢迎再次光临！", (middle, y + 48), size=18, colour=ink, anchor="mt")
    return canvas


def _form(rng: Rng, _: TextSource) -> Canvas:
    rows, tall = len(FIELDS), 58
    canvas = Canvas((680, 150 + tall * (rows + 1)), (253, 253, 250))
    canvas.write(
        _one_of(rng, FORM_TITLES), (340, 28), size=36, font="serif", bold=True, anchor="mt"
    )
    number = f"编号：{rng.integers(2020, 2026)}-{rng.integers(1, 1000):04}"
    canvas.write(number, (640, 88), size=18, anchor="ra")
    top, left, right, split = 120, 40, 640, 190
    pen: Colour = (30, 45, 120) if rng.random() < 0.6 else (25, 25, 25)
    black = (60, 60, 60)
    for row, (label, values) in enumerate(FIELDS):
        y = top + row * tall
        canvas.draw.rectangle((left, y, right, y + tall), outline=black)
        canvas.draw.line((split, y, split, y + tall), black)
        canvas.write(label, ((left + split) / 2, y + tall / 2), size=22, font="serif", anchor="mm")
        value = _one_of(rng, values)
        canvas.write(value, (split + 18, y + tall / 2), size=24, colour=pen, anchor="lm")
    y = top + rows * tall + 16
    canvas.write("审批人签字：", (left, y), size=20, font="serif")
    day = f"{rng.integers(2020, 2026)}年{rng.integers(1, 13)}月{rng.integers(1, 29)}日"
    canvas.write(day, (right, y), size=20, font="serif", anchor="ra")
    return canvas


def _page(rng: Rng, source: TextSource) -> Canvas:
    font = _font(rng, serif=0.6)
    size = int(rng.integers(20, 29))
    per_line = int(rng.integers(18, 25))
    canvas = Canvas((per_line * size + 96, 760), (255, 255, 255))
    title = source.line(rng, shortest=6, longest=12)
    canvas.write(title, (canvas.width / 2, 44), size=size + 10, font=font, bold=True, anchor="mt")
    y = 44.0 + size + 46
    while y < canvas.height - 2 * size:
        paragraph = source.passage(rng, length=int(rng.integers(per_line, 5 * per_line)))
        for row, text in enumerate(wrap("　　" + paragraph, per_line)):
            if y < canvas.height - 2 * size:
                at = (48 if row else 48 + 2 * size, y)
                canvas.write(text.lstrip("　"), at, size=size, font=font)
                y += size * 1.75
    return canvas


def _line(rng: Rng, source: TextSource) -> Canvas:
    size = int(rng.integers(26, 41))
    text = source.line(rng, shortest=4, longest=14)
    font, bold = _font(rng), bool(rng.random() < 0.3)
    shade = int(rng.integers(200, 256))
    ink = int(rng.integers(0, 90))
    canvas = Canvas((int(size * (len(text) + 1.2)), int(size * 1.9)), (shade, shade, shade))
    at = (size * 0.6, canvas.height / 2)
    canvas.write(text, at, size=size, font=font, colour=(ink, ink, ink), bold=bold, anchor="lm")
    return canvas


_DRAWERS: Final[dict[Kind, Callable[[Rng, TextSource], Canvas]]] = {
    "price_tag": _price_tag,
    "receipt": _receipt,
    "form": _form,
    "page": _page,
    "line": _line,
}
KINDS: Final = tuple(_DRAWERS)
