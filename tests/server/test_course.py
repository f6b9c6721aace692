import json
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from paddle_workbench.contract import Catalog, ErrorMessage, OpenedLesson, ResetLesson

from ..broken_files import NOT_JSON, NOT_REGULAR, Maker


async def rejection(call: Any) -> tuple[int, ErrorMessage]:
    with pytest.raises(HTTPClientError) as caught:
        await call
    return caught.value.code, ErrorMessage.model_validate_json(caught.value.response.body)


async def test_catalog_follows_the_contract(jp_fetch: Any) -> None:
    answer = await jp_fetch("paddle-workbench", "course")
    catalog = Catalog.model_validate_json(answer.body)
    assert [lesson.lesson for lesson in catalog.chapters[0].lessons] == [
        "basics/sums",
        "basics/products",
    ]
    assert catalog.next_lesson == "basics/sums"


async def test_contents_api_serves_opened_lesson(jp_fetch: Any) -> None:
    body = json.dumps({"lesson": "basics/sums", "language": "en"})
    answer = await jp_fetch("paddle-workbench", "course", "open", method="POST", body=body)
    copy = OpenedLesson.model_validate_json(answer.body)
    assert copy.created
    contents = await jp_fetch("api", "contents", *copy.path.split("/"))
    assert json.loads(contents.body)["type"] == "notebook"
    catalog = Catalog.model_validate_json((await jp_fetch("paddle-workbench", "course")).body)
    assert catalog.chapters[0].lessons[0].paths == {"en": copy.path}


async def test_reset_returns_path_of_the_old_copy(jp_fetch: Any, home: Path) -> None:
    body = json.dumps({"lesson": "basics/sums", "language": "zh"})
    await jp_fetch("paddle-workbench", "course", "open", method="POST", body=body)
    answer = await jp_fetch("paddle-workbench", "course", "reset", method="POST", body=body)
    reset = ResetLesson.model_validate_json(answer.body)
    assert reset.kept is not None
    assert (home / reset.kept).is_file()


async def test_answers_progress_with_the_new_catalog(jp_fetch: Any) -> None:
    body = json.dumps(
        {
            "lesson": "basics/sums",
            "exercise": {
                "exercise": "double",
                "passed": True,
                "message": {"zh": "通过。", "en": "Passed."},
            },
        }
    )
    answer = await jp_fetch("paddle-workbench", "course", "progress", method="PATCH", body=body)
    lesson = Catalog.model_validate_json(answer.body).chapters[0].lessons[0]
    assert lesson.exercises[0].progress.state == "passed"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"lesson": "../basics/sums"}, "pattern"),
        ({"lesson": "/etc/passwd"}, "pattern"),
        ({"lesson": "basics/sums", "language": "fr"}, "'fr'"),
        ({"lesson": "basics/sums", "path": "x"}, "path"),
        ({}, "lesson"),
        ([], "the body"),
    ],
)
async def test_rejects_body_outside_the_contract(
    jp_fetch: Any, home: Path, body: object, message: str
) -> None:
    for action in ("open", "reset"):
        status, error = await rejection(
            jp_fetch("paddle-workbench", "course", action, method="POST", body=json.dumps(body))
        )
        assert status == 400
        assert message in error.message
    assert not list(home.rglob("*.ipynb"))


async def test_rejects_body_that_is_not_json(jp_fetch: Any) -> None:
    status, error = await rejection(
        jp_fetch("paddle-workbench", "course", "open", method="POST", body="{")
    )
    assert status == 400
    assert "JSON" in error.message


async def test_unknown_lesson_is_not_found(jp_fetch: Any) -> None:
    body = json.dumps({"lesson": "basics/nothing"})
    status, error = await rejection(
        jp_fetch("paddle-workbench", "course", "open", method="POST", body=body)
    )
    assert status == 404
    assert "basics/sums" in error.hint


async def test_progress_of_a_newer_version_is_a_conflict(jp_fetch: Any, home: Path) -> None:
    (home / "progress.json").write_text('{"schema_version": 99}', encoding="utf-8")
    status, error = await rejection(jp_fetch("paddle-workbench", "course"))
    assert status == 409
    assert "version 99" in error.message


@pytest.mark.parametrize(("make", "reason"), [*NOT_REGULAR, *NOT_JSON])
async def test_reports_unreadable_progress_as_a_notice(
    jp_fetch: Any, home: Path, make: Maker, reason: str
) -> None:
    make(home / "progress.json")
    answer = await jp_fetch("paddle-workbench", "course")
    (notice,) = Catalog.model_validate_json(answer.body).notices
    assert reason in notice.message
    body = json.dumps({"message": notice.message})
    answer = await jp_fetch("paddle-workbench", "course", "dismiss", method="POST", body=body)
    assert not Catalog.model_validate_json(answer.body).notices


async def test_error_for_broken_course_names_the_file(jp_fetch: Any, small_course: Path) -> None:
    (small_course / "course.json").write_text("{", encoding="utf-8")
    status, error = await rejection(jp_fetch("paddle-workbench", "course"))
    assert status == 500
    assert "course.json" in error.message
