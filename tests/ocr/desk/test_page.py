from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from paddle_workbench.desk.page import HISTORY
from paddle_workbench.errors import DeskError
from paddle_workbench.ocr.desk.label_files import LabelledLine
from paddle_workbench.ocr.desk.page import DeskPage, is_doubtful

from .pictures import CONFIDENCES, TEXTS, result

BOX = [[18, 250], [300, 250], [300, 270], [18, 270]]


@pytest.fixture
def page() -> DeskPage:
    return DeskPage.from_result(result())


def texts(page: DeskPage) -> list[str]:
    return [line.text for line in page.lines]


def test_recognised_lines_keep_order_confidence_and_text(page: DeskPage) -> None:
    assert texts(page) == list(TEXTS)
    assert [line.confidence for line in page.lines] == pytest.approx(CONFIDENCES)
    assert [line.recognised for line in page.lines] == list(TEXTS)
    assert not page.is_done


def test_unchecked_lines_below_the_threshold_are_doubtful(page: DeskPage) -> None:
    assert [is_doubtful(line, 0.9) for line in page.lines] == [
        False,
        True,
        False,
        True,
        True,
        False,
    ]
    accepted = page.accept(page.lines[1].id)
    assert not is_doubtful(accepted.lines[1], 0.9)
    drawn = page.add(BOX)
    assert any(is_doubtful(line, 0.0) for line in drawn.lines)


def test_edited_text_counts_as_checked_and_keeps_the_recognised_text(page: DeskPage) -> None:
    line = page.edit(2, "大桶装 更划算！").lines[1]
    assert (line.text, line.checked, line.recognised) == ("大桶装 更划算！", True, TEXTS[1])


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("一\n二\t三", "一 二 三"),
        ("<b>x</b>", "<b>x</b>"),
        ("\ud800", "?"),
        ("👍 ", "👍 "),
        ("", ""),
    ],
)
def test_keeps_typed_text_except_for_line_breaks(page: DeskPage, typed: str, text: str) -> None:
    assert page.edit(1, typed).lines[0].text == text


def test_page_is_done_when_every_line_is_checked(page: DeskPage) -> None:
    for line in page.lines:
        page = page.accept(line.id)
    assert page.is_done
    assert DeskPage.from_result(result()).accept_all().is_done
    # Nobody has confirmed yet that there are no lines.
    empty = DeskPage((9, 9))
    assert not empty.is_done
    accepted = empty.accept_all()
    assert accepted.is_done
    assert accepted.accept_all() is accepted
    assert accepted.undo() == replace(empty, undone=accepted.done)


def test_splits_the_box_at_the_character(page: DeskPage) -> None:
    parts = page.split(5, 3).lines[4:6]
    assert [line.text for line in parts] == ["日常价", "¥10.0起"]
    # Three wide characters (6) of four wide and five narrow ones (13).
    assert parts[0].points[1][0] == pytest.approx(18 + 282 * 6 / 13, abs=0.01)
    assert parts[0].points[1] == parts[1].points[0]
    assert parts[0].id == 5
    assert parts[1].id == 7


def test_split_removes_space_between_the_parts(page: DeskPage) -> None:
    assert texts(page.split(2, 3))[1:3] == ["大桶装", "更划算"]
    assert texts(page.split(2, 4))[1:3] == ["大桶装", "更划算"]


def test_splits_line_of_one_character_in_the_middle(page: DeskPage) -> None:
    assert texts(page.edit(1, "正").split(1))[:2] == ["正", ""]


def test_merge_joins_boxes_and_texts(page: DeskPage) -> None:
    merged = page.merge(1)
    assert texts(merged)[0] == "正品促销大桶装 更划算"
    assert merged.lines[0].points == ((18, 10), (300, 10), (300, 94), (18, 94))
    assert merged.lines[0].confidence == pytest.approx(0.72)
    assert len(merged.lines) == 5
    latin = page.edit(1, "Deep").edit(2, "clean").merge(1)
    assert latin.lines[0].text == "Deep clean"
    assert latin.lines[0].checked


def test_merged_line_is_checked_if_both_were_and_difficult_if_either_was(page: DeskPage) -> None:
    line = page.accept(1).mark(2, difficult=True).merge(1).lines[0]
    assert (line.checked, line.difficult) == (False, True)
    assert page.accept(1).accept(2).merge(1).lines[0].checked


def test_new_line_is_inserted_in_reading_order(page: DeskPage) -> None:
    left = page.add([[18, 106], [90, 106], [90, 140], [18, 140]], "左")
    assert texts(left)[2:4] == ["强力去污", "左"]
    right = page.add([[310, 12], [400, 12], [400, 40], [310, 40]], "右")
    assert texts(right)[:2] == ["正品促销", "右"]
    assert texts(page.add([[0, 0], [50, 0], [50, 8], [0, 8]], "上"))[0] == "上"
    assert texts(page.add([[0, 300], [50, 300], [50, 318], [0, 318]], "下"))[-1] == "下"


def test_redrawn_line_keeps_its_text(page: DeskPage) -> None:
    line = page.redraw(3, BOX).lines[2]
    assert (line.text, line.points) == (TEXTS[2], tuple(map(tuple, BOX)))


def test_line_that_is_read_again_is_unchecked(page: DeskPage) -> None:
    line = page.accept(1).reread(1, "新", 0.61).lines[0]
    assert (line.text, line.recognised, line.confidence, line.checked) == ("新", "新", 0.61, False)


def test_loaded_labels_replace_all_lines(page: DeskPage) -> None:
    loaded = page.replace_all(
        [LabelledLine("x", ((0, 0), (9, 0), (9, 9)), difficult=True, more={"key_cls": "a"})],
        checked=True,
    )
    assert texts(loaded) == ["x"]
    assert loaded.labelled()[0].more == {"key_cls": "a"}
    assert loaded.undo().lines == page.lines


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda page: page.accept(99), "Line 99 is no longer on this page"),
        (lambda page: page.split(1, 0), "cannot be split before character 0"),
        (lambda page: page.split(1, 4), "cannot be split before character 4"),
        (lambda page: page.merge(6), "the last line"),
        (lambda page: page.redraw(1, [[0, 0]] * 4), "has no area"),
        (lambda page: page.edit(1, "长" * 2_001), "has 2,001 characters"),
        (lambda page: page.undo(), "nothing to undo"),
        (lambda page: page.redo(), "nothing to redo"),
    ],
)
def test_rejects_impossible_edit(page: DeskPage, edit: Any, message: str) -> None:
    with pytest.raises(DeskError, match=message):
        edit(page)


def test_edit_without_change_is_not_recorded(page: DeskPage) -> None:
    once = page.accept(1)
    assert once.accept(1) is once
    assert page.mark(1, difficult=False) is page


def random_edit(page: DeskPage, rng: np.random.Generator) -> DeskPage:
    ids = [line.id for line in page.lines] or [0]
    line_id = int(rng.choice(ids))
    x, y = (int(value) for value in rng.integers(0, 200, 2))
    edits = [
        lambda: page.accept(line_id),
        lambda: page.edit(line_id, "字" * int(rng.integers(0, 6))),
        lambda: page.split(line_id),
        lambda: page.merge(line_id),
        lambda: page.rotate(line_id),
        lambda: page.delete(line_id),
        lambda: page.redraw(line_id, [[x, y], [x + 40, y], [x + 40, y + 20], [x, y + 20]]),
        lambda: page.add([[x, y], [x + 40, y], [x + 40, y + 20], [x, y + 20]]),
        lambda: page.mark(line_id, difficult=bool(rng.integers(2))),
        lambda: page.reread(line_id, "再", 0.5),
        lambda: page.accept_all(),
    ]
    try:
        return edits[int(rng.integers(len(edits)))]()
    except DeskError:
        return page


@pytest.mark.parametrize("seed", range(20))
def test_undo_and_redo_restore_every_state(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pages = [DeskPage.from_result(result())]
    for _ in range(120):
        changed = random_edit(pages[-1], rng)
        ids = [line.id for line in changed.lines]
        assert len(set(ids)) == len(ids)
        assert max(ids, default=0) < changed.next_id
        if changed is not pages[-1]:
            pages.append(changed)
    page = pages[-1]
    for earlier in reversed(pages[:-1]):
        page = page.undo()
        assert page.lines == earlier.lines
    for later in pages[1:]:
        page = page.redo()
        assert page.lines == later.lines
    assert page.done == pages[-1].done


def test_new_edit_clears_redo(page: DeskPage) -> None:
    undone = page.accept(1).accept(2).undo()
    assert [change.kind for change in undone.undone] == ["accept"]
    assert undone.delete(3).undone == ()


def test_history_is_limited(page: DeskPage) -> None:
    for at in range(HISTORY + 50):
        page = page.edit(1, str(at))
    assert len(page.done) == HISTORY
