"""Checkers of the lesson `export/formats`."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from paddle_workbench.contract import CharacterIds, CleanText, Text
from paddle_workbench.course.exercises import Mistake, checker


@checker(
    "damaged_files",
    title=Text(zh="哪些文件坏了", en="Which files are damaged?"),
    points=2,
)
def check_damaged_files(
    damaged_files: Callable[[str, Mapping[str, str]], Sequence[str]],
) -> None:
    contents = {
        "net.json": b"{}\n",
        "params/net.pdiparams": bytes(range(256)),
        "vocabulary.json": '["好"]\r\n'.encode(),
        "labels.json": b"[]",
    }
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    with tempfile.TemporaryDirectory(prefix="damaged_files_") as name:
        folder = Path(name)
        (folder / "params").mkdir()
        for file, data in contents.items():
            (folder / file).write_bytes(data)
        (folder / "notes.txt").write_bytes(b"not in the list")
        found = _list_of(damaged_files(name, dict(digests)))
        if found:
            raise Mistake(
                "accuses_whole_files",
                Text(
                    zh="没有一个文件坏，却报了。按字节读（read_bytes）；digests 里没有的文件不管。",
                    en="No file is damaged, and yet some are reported. Read bytes (read_bytes), "
                    "and ignore files that are not in digests.",
                ),
                expected="[]",
                found=", ".join(found),
            )
        data = bytearray(contents["params/net.pdiparams"])
        data[100] ^= 1
        (folder / "params/net.pdiparams").write_bytes(bytes(data))
        found = _list_of(damaged_files(name, dict(digests)))
        if "params/net.pdiparams" not in found:
            raise Mistake(
                "misses_a_bit",
                Text(
                    zh="一个字节变了，大小没变，没有发现：比较内容的 SHA-256。",
                    en="One byte changed, the size did not, and it was missed: compare the SHA-256 "
                    "of the content.",
                ),
                expected="params/net.pdiparams",
                found=", ".join(found) or "[]",
            )
        (folder / "labels.json").unlink()
        found = _list_of(damaged_files(name, dict(digests)))
    if "labels.json" not in found:
        raise Mistake(
            "misses_missing",
            Text(
                zh="缺了一个文件，没有报。digests 里的每个文件都应当在。",
                en="A file is missing and was not reported. Every file in digests should be there.",
            ),
            expected="labels.json, params/net.pdiparams",
            found=", ".join(found) or "[]",
        )
    if found != sorted(["labels.json", "params/net.pdiparams"]):
        raise Mistake(
            "wrong_list",
            Text(
                zh="坏的都找到了，但列表不对：排好序，不重复，路径照 digests 里的写法。",
                en="All damaged files are found, but the list is wrong: sort it, without "
                "duplicates, with the paths as they are in digests.",
            ),
            expected="labels.json, params/net.pdiparams",
            found=", ".join(found),
        )


@checker(
    "weights_by_name",
    title=Text(zh="给参数贴上名字", en="Attach names to parameters"),
    points=2,
)
def check_weights_by_name(weights_by_name: Callable[[str, str], Mapping[str, Any]]) -> None:
    import paddle
    from paddle.static import InputSpec
    from paddle.utils import unique_name

    with unique_name.guard():  # so that the layers are numbered from 0, across 9
        paddle.seed(0)
        net = paddle.nn.Sequential(*(paddle.nn.Linear(2, 2) for _ in range(12)))
    net.eval()
    wanted = {parameter.name: parameter.numpy() for parameter in net.parameters()}
    with tempfile.TemporaryDirectory(prefix="weights_by_name_") as folder:
        prefix = str(Path(folder) / "net")
        paddle.jit.save(net, prefix, input_spec=[InputSpec([None, 2], "float32", "x")])
        program = json.loads(Path(f"{prefix}.json").read_text(encoding="utf-8"))
        found = weights_by_name(f"{prefix}.json", f"{prefix}.pdiparams")
    if not isinstance(found, Mapping):
        raise Mistake(
            "no_dict",
            Text(
                zh="请返回字典，从参数名到数组。",
                en="Return a dict from the names of parameters to arrays.",
            ),
            expected="dict",
            found=type(found).__name__,
        )
    if set(found) != set(wanted):
        raise Mistake(
            "wrong_names",
            Text(
                zh='键应当恰好是程序里的参数名：算子 "p" 的最后一个属性。',
                en="The keys should be exactly the names of parameters in the program: the last "
                'attribute of each op "p".',
            ),
            expected=_names(wanted),
            found=_names(found),
        )
    if _equal(found, wanted):
        return
    ops = program["program"]["regions"][0]["blocks"][0]["ops"]
    in_program = [op["A"][-1] for op in ops if op["#"] == "p"]
    in_file = [wanted[name] for name in sorted(wanted)]
    if _equal(found, dict(zip(in_program, in_file, strict=True))):
        raise Mistake(
            "program_order",
            Text(
                zh="名字还是程序里的次序，参数文件却按名字的文本次序排：先 sorted。",
                en="The names are in the order of the program, but the parameter file is in the "
                "order of the names as text: sort them first.",
            ),
            expected="linear_0.b_0, linear_0.w_0, …",
            found=", ".join(in_program[:2]) + ", …",
        )
    by_number = sorted(wanted, key=lambda name: (int(name[7:].split(".")[0]), name))
    if _equal(found, dict(zip(by_number, in_file, strict=True))):
        raise Mistake(
            "number_order",
            Text(
                zh="名字按编号的大小排了。次序是文本的：linear_10 在 linear_2 前面。",
                en="The names are sorted by their numbers. The order is that of text: linear_10 "
                "comes before linear_2.",
            ),
            expected="linear_1, linear_10, linear_11, linear_2, …",
            found="linear_1, linear_2, …, linear_10, linear_11",
        )
    raise Mistake(
        "wrong_arrays",
        Text(
            zh="名字对了，数不对：第 i 个名字配 read_arrays 返回的第 i 个数组。",
            en="The names are right, the numbers are not: name i belongs to array i of "
            "read_arrays.",
        ),
    )


@checker(
    "make_bundle",
    title=Text(zh="自己做一个模型包", en="Make a bundle yourself"),
    points=2,
)
def check_make_bundle(make_bundle: Callable[..., Any]) -> None:
    from paddle_workbench import Bundle

    tokens, length = ["<pad>", "<unk>", "好", "差", "很"], 6
    with tempfile.TemporaryDirectory(prefix="make_bundle_") as folder:
        path = Path(folder) / "theirs"
        bundle = make_bundle(str(path), _network(), tokens, length, ["很好", "差"])
        if not isinstance(bundle, Bundle):
            raise Mistake(
                "no_bundle",
                Text(zh="请返回 Bundle。", en="Return the Bundle."),
                expected="Bundle",
                found=type(bundle).__name__,
            )
        _check_record(bundle.record, length)
        kept = json.loads((bundle.folder / _ids_step(bundle.record).vocabulary).read_text("utf-8"))
        if kept != tokens:
            raise Mistake(
                "wrong_vocabulary",
                Text(
                    zh="模型包里的词表与 tokens 不同：原样放进去，连 <pad> 和 <unk> 一起。",
                    en="The vocabulary in the bundle differs from tokens: put it in as it is, with "
                    "<pad> and <unk>.",
                ),
                expected=" ".join(tokens),
                found=" ".join(map(str, kept)),
            )
        found = [prediction.label for prediction in bundle.predict(["很好", "差"])]
    if found != ["好评", "差评"]:
        raise Mistake(
            "wrong_prediction",
            Text(
                zh="标签和步骤都对，判断却不对：交进去的是参数 net 吗？输出还经过别的步骤吗？",
                en="Labels and steps are right, the predictions are not: is it the net that was "
                "passed, and does another step change its outputs?",
            ),
            expected="好评, 差评",
            found=", ".join(found),
        )


def _check_record(record: Any, length: int) -> None:
    labels = list(record.labels)
    if labels == ["好评", "差评"]:
        raise Mistake(
            "swapped_labels",
            Text(
                zh="标签的次序反了：第 0 个输出是“差评”。",
                en="The labels are in the wrong order: output 0 is the negative one.",
            ),
            expected="差评, 好评",
            found="好评, 差评",
        )
    if labels != ["差评", "好评"]:
        raise Mistake(
            "wrong_labels",
            Text(
                zh="标签应当正好两个，按输出的次序。",
                en="There should be exactly two labels, in the order of the outputs.",
            ),
            expected="差评, 好评",
            found=", ".join(labels) or "-",
        )
    step = _ids_step(record)
    if step is None:
        raise Mistake(
            "no_ids",
            Text(
                zh="模型包不会把字换成编号：preprocessing 里少了 CharacterIds。",
                en="The bundle does not turn characters into numbers: CharacterIds is missing in "
                "preprocessing.",
            ),
        )
    if not isinstance(record.preprocessing[0], CleanText):
        raise Mistake(
            "not_cleaned",
            Text(
                zh="评论要先清洗：CleanText 应当是第一步。",
                en="Reviews are cleaned first: CleanText should be the first step.",
            ),
            expected="clean_text, character_ids",
            found=", ".join(each.step for each in record.preprocessing),
        )
    if step.length != length:
        raise Mistake(
            "wrong_length",
            Text(
                zh="截到多少个字由参数 length 决定，它不一定是 64。",
                en="The argument length says how many characters are kept; it need not be 64.",
            ),
            expected=length,
            found=step.length,
        )
    if record.inputs[0].shape[0] is not None:
        raise Mistake(
            "fixed_batch",
            Text(
                zh="批量写死了：input_spec 的第一维用 None，才能一次送任意多条。",
                en="The batch size is fixed: use None as the first size in input_spec, so that any "
                "number of reviews can be passed.",
            ),
            expected="[None, None]",
            found=str(list(record.inputs[0].shape)),
        )


def _network() -> Any:
    """Return a network that counts 好 against 差."""
    import paddle

    class Count(paddle.nn.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = paddle.nn.Embedding(5, 2)
            values = [[0, 0], [0, 0], [-3, 3], [3, -3], [0, 0]]
            self.embedding.weight.set_value(np.array(values, np.float32))

        def forward(self, ids: Any) -> Any:
            return paddle.mean(self.embedding(ids), axis=1)

    net = Count()
    net.eval()
    return net


def _ids_step(record: Any) -> Any:
    return next((each for each in record.preprocessing if isinstance(each, CharacterIds)), None)


def _names(names: Mapping[str, Any]) -> str:
    first = sorted(map(str, names))[:3]
    return f"{len(names)}: {', '.join(first)}, …"


def _equal(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(np.array_equal(np.asarray(found[name]), wanted[name]) for name in wanted)


def _list_of(found: Any) -> list[str]:
    if not isinstance(found, list):
        raise Mistake(
            "no_list",
            Text(zh="请返回列表。", en="Return a list."),
            expected="list",
            found=type(found).__name__,
        )
    return [str(name) for name in found]
