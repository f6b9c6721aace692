"""Which parameters are secrets."""

from __future__ import annotations

import pytest

from paddle_workbench.runs.parameters.secrets import is_secret


@pytest.mark.parametrize(
    "name",
    ["key", "api_key", "apiKey", "APIKey", "OPENAI_API_KEY", "accessToken", "token2", "passwd",
     "db_password", "client_secret", "credentials", "apikey"],
)  # fmt: skip
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["max_tokens", "num_tokens", "monkey", "tokenizer", "keyboard", "lr", "secretary", ""]
)
def test_names_of_other_parameters(name: str) -> None:
    assert not is_secret(name)
