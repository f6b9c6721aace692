"""Which parameters are secrets."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_workbench.runs.parameters.secrets import (
    Redaction,
    is_secret,
    read_secrets,
    secret_value,
    split_secrets,
    write_secrets,
)


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


@pytest.mark.parametrize(
    ("name", "value"),
    [("api_key", 271828), ("token2", 1.5), ("credentials", {"user": 1}), ("passwords", []),
     ("secret_settings", {"a": ["sesame"]}), ("key_file", "id.pem")],
)  # fmt: skip
def test_values_that_are_secrets(name: str, value: Any) -> None:
    assert secret_value(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("key_size", 64), ("key_sizes", [64]), ("token_weights", {"good": 0.5}), ("api_key", None),
     ("use_token", True), ("user", "secret")],
)  # fmt: skip
def test_values_that_are_not_secrets(name: str, value: Any) -> None:
    assert not secret_value(name, value)


def test_splits_secrets_of_any_type() -> None:
    values = {"pin": 2718, "token": ("a", {1: 2.5}), "lr": 0.1, "password": None, "width": 8}
    written, secrets = split_secrets(values, ["pin", "password"])
    assert written == {"lr": 0.1, "password": None, "width": 8}
    assert secrets == {"pin": 2718, "token": ("a", {1: 2.5})}
    secrets["key"] = float("inf")
    assert read_secrets(write_secrets(secrets)) == secrets


def test_masks_what_is_in_a_secret() -> None:
    redact = Redaction({"token": {"user": "sésame", "numbers": [314159, 12]}, "pin": 271828})
    text = redact("sésame s\\u00e9same 314159 12 271828")
    assert text == "[secret] [secret] [secret] 12 [secret]"
