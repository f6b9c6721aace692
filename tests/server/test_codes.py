"""The route that serves the pages of codes."""

from __future__ import annotations

from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from paddle_workbench.contract import CodePage, ErrorMessage


async def test_serves_the_page_in_a_language(jp_fetch: Any) -> None:
    for language, word in (("en", "## Cause"), ("zh", "## 原因")):
        params = {"code": "PW-X204", "lang": language}
        answer = await jp_fetch("paddle-workbench", "explain", params=params)
        page = CodePage.model_validate_json(answer.body)
        assert (page.code, page.language) == ("PW-X204", language)
        assert word in page.markdown


async def test_serves_a_document_to_a_browser(jp_fetch: Any) -> None:
    answer = await jp_fetch(
        "paddle-workbench", "explain", params={"code": "PW-C308", "lang": "en"},
        headers={"Accept": "text/html,application/xhtml+xml"},
    )  # fmt: skip
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<h1" in answer.body.decode()
    assert "<title>PW-C308 A layer is created in forward</title>" in answer.body.decode()


async def test_unknown_code_is_an_answer(jp_fetch: Any) -> None:
    with pytest.raises(HTTPClientError) as caught:
        await jp_fetch("paddle-workbench", "explain", params={"code": "PW-X999"})
    assert caught.value.code == 404
    message = ErrorMessage.model_validate_json(caught.value.response.body)
    assert message.hint == "List all codes: workbench explain"
