"""The HTML page of a bundle: from disk, offline, it gives the results of Paddle."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from paddle_workbench import Bundle
from paddle_workbench.contract import Normalize, Resize

from ..export.sentiment import create

pytestmark = pytest.mark.usefixtures("imported_paddle")

Open = Callable[..., Page]


def picture(seed: int, width: int = 120) -> Any:
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (5, width // 8, 3), np.uint8)
    return np.kron(coarse, np.ones((8, 8, 1), np.uint8))


@pytest.fixture(scope="module")
def sentiment(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    bundle = create(tmp_path_factory.mktemp("text") / "sentiment")
    bundle.export("browser")
    return bundle


@pytest.fixture(scope="module")
def recogniser(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    import paddle
    from paddle.static import InputSpec

    from ..export.networks import LineReader

    paddle.seed(0)
    bundle = Bundle.create(
        tmp_path_factory.mktemp("lines") / "lines",
        LineReader(classes=5),
        input_spec=[InputSpec([None, 3, 24, None], "float32", "x")],
        # One picture: a batch would have to be padded.
        examples=[picture(0)],
        task="text-recognition",
        labels=["价", "格", "元", "角"],
        preprocessing=[Resize(height=24), Normalize(mean=(0.5,) * 3, deviation=(0.5,) * 3)],
    )
    bundle.export("browser")
    return bundle


@pytest.fixture(scope="module")
def goods(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    from ..export.test_detection import create as create_detector

    bundle, _ = create_detector(tmp_path_factory.mktemp("goods") / "goods")
    bundle.export("browser")
    return bundle


@pytest.fixture
def open_file(browser: Browser) -> Iterator[Open]:
    """Open a page from disk without a network; errors, and requests for other addresses, fail."""
    contexts = []
    problems: list[str] = []

    def open_one(path: Path, *, locale: str = "en-US") -> Page:
        context = browser.new_context(offline=True, locale=locale)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text))
        page.on("request", lambda request: note(request.url))
        page.goto(path.as_uri())
        return page

    def note(address: str) -> None:
        if not address.startswith(("file:", "data:", "blob:")):
            problems.append(address)

    yield open_one
    for context in contexts:
        context.close()
    assert problems == []


def result(page: Page) -> Locator:
    return page.get_by_role("region", name=re.compile("^(Result|结果)$"))


def largest_difference(page: Page) -> float:
    verdict = page.get_by_text(re.compile(r"✓ Equal to the Paddle network on \d samples"))
    expect(verdict).to_be_visible()
    found = re.search(r"difference is ([\d.e-]+),", verdict.inner_text())
    assert found is not None
    return float(found[1])


def percent(score: float) -> str:
    return f"{100 * score:.1f} %"


def test_text_is_classified_as_by_paddle(
    sentiment: Bundle, open_file: Open, tmp_path: Path
) -> None:
    page = open_file(sentiment.to_html(tmp_path / "page.html"))
    expected = sentiment.predict("房间很干净")
    rows = result(page).get_by_role("list", name="Probabilities").get_by_role("listitem")
    expect(rows).to_have_text(
        [f"{name}{percent(value)}" for name, value in expected.scores.items()]
    )
    expect(page.get_by_text("✓ Paddle gives the same result")).to_be_visible()
    assert largest_difference(page) < 1e-5
    expect(page.get_by_text("✓ The same results as Paddle Inference on 2")).to_be_visible()
    page.get_by_text("Each sample").click()
    expect(page.get_by_role("row")).to_have_count(6)

    box = page.get_by_role("textbox", name="Text")
    box.fill("下次还会住")
    other = sentiment.predict("下次还会住")
    expect(rows.first).to_have_text(f"{other.label}{percent(other.score)}")
    expect(page.get_by_text("✓ Paddle gives")).to_have_count(0)
    box.fill(" ")
    expect(result(page).get_by_text("The result appears here.")).to_be_visible()
    # With keys alone.
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("group", name="Examples").get_by_role("button").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(box).to_have_value("很小")
    expect(page.get_by_text("✓ Paddle gives the same result")).to_be_visible()

    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("textbox", name="文本")).to_have_value("很小")
    expect(page.get_by_text("✓ 在 5 个样本上与 Paddle 网络一致")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    expect(page.get_by_role("button", name="English")).to_be_focused()


def test_picture_is_recognised_as_by_paddle(
    recogniser: Bundle, open_file: Open, tmp_path: Path
) -> None:
    from PIL import Image

    page = open_file(recogniser.to_html(tmp_path / "page.html"), locale="zh-CN")
    label = result(page).locator(".pw-Result-label")
    expect(label).to_have_text(recogniser.predict(picture(0)).label)
    expect(page.get_by_text("✓ 在 1 个示例上与 Paddle Inference 的结果相同")).to_be_visible()
    # Three ways to give a picture; its width is one that no sample has.
    paths = []
    for seed, width in ((1, 200), (2, 96), (3, 64)):
        paths.append(tmp_path / f"{seed}.png")
        Image.fromarray(picture(seed, width)).save(paths[-1])
    texts = [recogniser.predict(picture(1, 200)), recogniser.predict(picture(2, 96))]
    texts.append(recogniser.predict(picture(3, 64)))
    assert len({each.label for each in texts}) == 3
    page.get_by_label("选择图片").set_input_files(paths[0])
    expect(label).to_have_text(texts[0].label)
    expect(result(page).get_by_text(percent(texts[0].score))).to_be_visible()
    for path, text, kind in zip(paths[1:], texts[1:], ("drop", "paste"), strict=True):
        page.evaluate(_GIVE, [kind, list(path.read_bytes())])
        expect(label).to_have_text(text.label)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    page.get_by_label("选择图片").set_input_files(tmp_path / "broken.png")
    expect(result(page).get_by_role("alert")).to_contain_text("浏览器读不出这个文件中的图片")


_GIVE = """([kind, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], 'x.png', { type: 'image/png' }));
  const event = kind === 'paste'
    ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true })
    : new DragEvent('drop', { dataTransfer: data, bubbles: true });
  document.querySelector(kind === 'paste' ? 'body' : '.pw-Input-zone').dispatchEvent(event);
}"""


def test_boxes_are_those_of_paddle(goods: Bundle, open_file: Open, tmp_path: Path) -> None:
    from PIL import Image

    page = open_file(goods.to_html(tmp_path / "page.html"))
    items = result(page).get_by_role("list", name="Boxes").get_by_role("listitem")
    expect(items).to_have_text(listed(goods, goods.examples[0]))
    expect(page.get_by_text("✓ Paddle sees the same boxes")).to_be_visible()
    expect(page.get_by_text("✓ The same results as Paddle Inference on 3")).to_be_visible()
    expect(result(page).get_by_role("img", name="The picture with its boxes")).to_be_visible()

    # A photograph that lies on its side; turned, as browsers show it, it has other boxes.
    photograph = Image.fromarray(np.rot90(goods.examples[1], 1))
    exif = photograph.getexif()
    exif[0x0112] = 6
    photograph.save(tmp_path / "photograph.png", exif=exif)
    page.get_by_label("Choose a picture").set_input_files(tmp_path / "photograph.png")
    expect(items).to_have_text(listed(goods, goods.examples[1]))
    # With keys alone.
    items.first.focus()
    page.keyboard.press("ArrowRight")
    expect(items.nth(1)).to_be_focused()
    lit = result(page).locator(".pw-Boxes-frame.pw-mod-lit")
    best = goods.predict(goods.examples[1]).boxes[1]
    expect(lit).to_have_text(f"{best.label} {percent(best.score)}")
    frame, stage = lit.bounding_box(), result(page).locator(".pw-Boxes-stage").bounding_box()
    assert frame is not None
    assert stage is not None
    scale = stage["width"] / goods.examples[1].shape[1]
    assert frame["x"] - stage["x"] == pytest.approx(best.corners[0] * scale, abs=1)
    assert frame["height"] == pytest.approx((best.corners[3] - best.corners[1]) * scale, abs=1)

    # One bit a pixel, but decoded 1.6 GB: so it is not decoded.
    page.evaluate("""() => {
        window.decode = window.createImageBitmap;
        window.createImageBitmap = () => Promise.reject(new Error('decoded'));
    }""")
    Image.new("1", (20_000, 20_000)).save(tmp_path / "huge.png")
    page.get_by_label("Choose a picture").set_input_files(tmp_path / "huge.png")
    alert = result(page).get_by_role("alert")
    expect(alert).to_contain_text("20000 x 20000")
    page.evaluate("() => { window.createImageBitmap = window.decode; }")
    page.get_by_label("Choose a picture").set_input_files(tmp_path / "photograph.png")
    expect(items).to_have_text(listed(goods, goods.examples[1]))

    page.get_by_role("button", name="中文").click()
    expect(result(page).get_by_role("list", name="框")).to_be_visible()


def listed(bundle: Bundle, picture: Any) -> list[str]:
    names = ("left", "top", "right", "bottom")
    return [
        f"{box.label}{percent(box.score)}"
        + ", ".join(f"{name} {edge:.0f}" for name, edge in zip(names, box.corners, strict=True))
        for box in bundle.predict(picture).boxes
    ]


def test_page_shows_that_it_differs(sentiment: Bundle, open_file: Open, tmp_path: Path) -> None:
    bundle = Bundle(sentiment.path)
    first = bundle.samples[0]
    assert first.outputs is not None
    bundle.samples[0] = replace(first, outputs=(first.outputs[0] * 1.01,))
    page = open_file(bundle.to_html(tmp_path / "page.html", lang="en"), locale="zh-CN")
    expect(page.get_by_text("✗ Different from the Paddle network on 1 of 5")).to_be_visible()
    expect(page.get_by_text("✓ The same results as Paddle Inference on 2")).to_be_visible()


def test_page_with_a_broken_model_says_so(
    sentiment: Bundle, open_file: Open, tmp_path: Path
) -> None:
    path = sentiment.to_html(tmp_path / "page.html", lang="en")
    html = path.read_text(encoding="utf-8")
    blocks = {name: f'id="{name}">' for name in ("pw-model", "pw-samples")}
    samples = html.split(blocks["pw-samples"])[1].split("<")[0]
    before, _, rest = html.partition(blocks["pw-model"])
    path.write_text(f"{before}{blocks['pw-model']}{samples}<{rest.partition('<')[2]}", "utf-8")
    page = open_file(path)
    expect(result(page).get_by_role("alert")).to_contain_text("could not be loaded")
    page.get_by_role("button", name="Retry").click()
    expect(result(page).get_by_role("alert")).to_be_visible()
