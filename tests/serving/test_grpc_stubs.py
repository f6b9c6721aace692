"""The messages of gRPC are those of their description."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorSet,
)

import paddle_workbench
from paddle_workbench.serving.grpc_stubs import open_inference_pb2
from paddle_workbench.serving.grpc_stubs.registration import CALLS, SERVICE

FOLDER = Path(paddle_workbench.__file__).parents[1]
PROTO = "paddle_workbench/serving/grpc_stubs/open_inference.proto"


def protoc(*arguments: str) -> None:
    if shutil.which("protoc") is None and os.environ.get("CI") != "true":
        pytest.skip("protobuf-compiler is not installed")
    subprocess.run(["protoc", f"--proto_path={FOLDER}", *arguments, PROTO], check=True)


def fields(messages: Iterable[DescriptorProto]) -> Iterator[FieldDescriptorProto]:
    """Yield the fields of messages, and of those inside them."""
    for message in messages:
        yield from message.field
        yield from fields(message.nested_type)


def test_messages_are_those_of_the_description(tmp_path: Path) -> None:
    protoc(f"--descriptor_set_out={tmp_path / 'set'}")
    described = FileDescriptorSet.FromString((tmp_path / "set").read_bytes())
    (expected,) = described.file
    for field in fields(expected.message_type):
        field.ClearField("json_name")  # protoc adds what follows from the name
    messages = type(expected).FromString(open_inference_pb2.DESCRIPTOR.serialized_pb)
    assert messages == expected, "Run: make proto"


def test_service_has_the_calls_of_the_protocol() -> None:
    assert SERVICE == "inference.GRPCInferenceService"
    assert [*CALLS] == [
        *("ServerLive", "ServerReady", "ModelReady"),
        *("ServerMetadata", "ModelMetadata", "ModelInfer"),
    ]
