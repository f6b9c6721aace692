"""PIR's JSON, which `paddle.jit.save` writes since Paddle 3."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...reading import broken_file, parse_json
from ..model.structure import MAX_SIZE
from .pir_text import PrintedOp, PrintedRegion

__all__ = ["read_pir"]

_DIALECTS = {"0": "builtin", "1": "pd_op", "2": "cf", "3": "custom_op", "4": "pd_dist"}
_DTYPES = {"bool": "b", "ui8": "u8"}
_KIND = "saved program"
_HINT = "Save the program again: paddle.jit.save(net, path, input_spec=[...])."


def read_pir(content: bytes, file: Path) -> tuple[PrintedRegion, str]:
    """Return the program and the version of its format.

    Raises
    ------
    FileBrokenError
        If the content is not a PIR program.
    ArithmeticError, AttributeError, LookupError, TypeError, ValueError
        If the program in it is broken.
    """
    data = parse_json(content, file, kind=_KIND, hint=_HINT)
    base = data.get("base_code") if isinstance(data, dict) else None
    if not isinstance(base, dict) or base.get("magic") != "pir":
        raise broken_file(file, _KIND, "field 'base_code.magic' is not 'pir'", _HINT)
    regions = data["program"]["regions"]
    return _region(regions[0]), str(base.get("version", ""))


def _region(region: Mapping[str, Any]) -> PrintedRegion:
    printed = PrintedRegion()
    for block in region["blocks"]:
        printed.arguments += [_value(argument["#"]) for argument in block.get("args", ())]
        printed.argument_types += [_type(argument.get("TT")) for argument in block.get("args", ())]
        printed.ops += [_op(op) for op in block["ops"]]
    return printed


def _op(op: Mapping[str, Any]) -> PrintedOp:
    if op["#"] == "p":
        return _parameter(op)
    outputs = op.get("O", [])
    attributes = {
        str(item["N"]): _attribute(item.get("AT")) for item in (*op.get("A", ()), *op.get("OA", ()))
    }
    return PrintedOp(
        name=_name(op["#"]),
        operands=[_value(item["%"]) if item["%"] else None for item in op.get("I", ())],
        results=[_value(item["%"]) for item in outputs],
        attributes=attributes,
        result_types=[_type(item.get("TT")) for item in outputs],
        regions=[_region(region) for region in op.get("regions", ())],
    )


def _parameter(op: Mapping[str, Any]) -> PrintedOp:
    output = op["O"]
    return PrintedOp(
        name="builtin.parameter",
        operands=[],
        results=[_value(output["%"])],
        attributes={"parameter_name": str(op["A"][-1])},
        result_types=[_type(output.get("TT"))],
    )


def _value(number: Any) -> str:
    return f"%{number}"


def _name(text: Any) -> str:
    """Return a name with its dialect; unknown dialects keep their number."""
    number, point, kind = str(text).partition(".")
    return f"{_DIALECTS.get(number, number)}.{kind}" if point else str(text)


def _type(kind: Any) -> str:
    if not isinstance(kind, dict):
        return "unknown"
    name = str(kind.get("#", "")).partition(".")[2]
    data = kind.get("D")
    if name == "t_dtensor" and isinstance(data, list) and len(data) > 1:
        dtype = str(data[0]["#"]).partition("t_")[2]
        sizes = "".join(f"{_dimension(size)}x" for size in data[1])
        return f"tensor<{sizes}{_DTYPES.get(dtype, dtype)}>"
    if name == "t_vec" and isinstance(data, list):
        return f"vec[{','.join(_type(item) for item in data)}]"
    return name or "unknown"


def _dimension(size: Any) -> int:
    if not isinstance(size, int) or isinstance(size, bool) or not -1 <= size < MAX_SIZE:
        raise ValueError(f"{size!r:.40} is not a dimension")
    return size


def _attribute(value: Any) -> Any:
    if not isinstance(value, dict) or "D" not in value:
        return str(value.get("#", "")) if isinstance(value, dict) else value
    data = value["D"]
    if str(value.get("#", "")).endswith("a_array") and isinstance(data, list):
        return [_attribute(item) for item in data]
    return data
