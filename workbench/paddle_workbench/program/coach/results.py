"""Explains why results are missing, are not compared, or differ from the eager ones."""

from __future__ import annotations

from math import isinf
from typing import Any

from ...contract import Text
from ..model.capture import Explanation
from ..model.structure import Op, Program, SourceLine
from ..passes.comparison import Comparison
from ..passes.culprit import Culprit

__all__ = [
    "RANDOM_OPS",
    "VERDICTS",
    "explain_difference",
    "explain_missing_results",
    "explain_missing_stages",
    "explain_randomness",
    "explain_saving",
    "explain_unregistered",
    "explain_unsaved",
]

VERDICTS = frozenset({"pass-changes-result", "result-differs", "trace-differs"})
"""Kinds of explanations that say that the optimised program is wrong."""

# With these, every run has a different result.
RANDOM_OPS = frozenset(
    {
        "bernoulli", "binomial", "dirichlet", "exponential_", "gaussian", "gaussian_inplace_",
        "multinomial", "poisson", "randint", "randperm", "standard_gamma", "top_p_sampling",
        "truncated_gaussian_random", "uniform", "uniform_inplace_",
    }
)  # fmt: skip
_LEAVING_OUT = """\
config = paddle.inference.Config("net.json", "net.pdiparams")
{onednn}config.delete_pass("{name}")
predictor = paddle.inference.create_predictor(config)
"""
_BATCH_NORM = frozenset({"batch_norm", "batch_norm_", "sync_batch_norm_"})


def explain_saving(
    program: Program, unused_inputs: tuple[int, ...], replaced_outputs: dict[int, int]
) -> tuple[Explanation, ...]:
    """Explain what `paddle.jit.save` refuses or saves wrongly; the stages show it saved right.

    Parameters
    ----------
    program : Program
        The traced program.
    unused_inputs : tuple of int
        Values of inputs that no output depends on.
    replaced_outputs : dict of int to int
        From the index of an output to the value that is saved in its place.
    """
    lines = {value: op.line for op in program.ops for value in op.outputs}
    explanations = []
    for value in unused_inputs:
        name = program.values[value].name
        explanations.append(
            Explanation(
                kind="unused-input",
                rule=Text(
                    zh=f"没有输出依赖输入 {name}，paddle.jit.save 不肯保存这样的网络。",
                    en=f"No output depends on the input {name}; paddle.jit.save refuses to save "
                    "such a network.",
                ),
                line=lines.get(value),
                repair=Text(
                    zh=f"去掉参数 {name}，或者保存时写 skip_prune_program=True。",
                    en=f"Remove the argument {name}, or save with skip_prune_program=True.",
                ),
                example="paddle.jit.save(net, path, skip_prune_program=True)\n",
            )
        )
    for index, value in replaced_outputs.items():
        name = program.values[value].name
        explanations.append(
            Explanation(
                kind="output-saved-as-input",
                rule=Text(
                    zh=f"paddle.jit.save 会把第 {index + 1} 个输出存成 {name} 本身："
                    f"它把 {name} 加一个常数当成了 {name}。保存下来的程序，Predictor 拒绝加载，"
                    "或者返回错误的结果。这里的各个阶段是按正确的输出保存的。",
                    en=f"paddle.jit.save saves {name} itself as output {index + 1}: it takes "
                    f"{name} plus a constant for {name}. The Predictor refuses to load that "
                    "program, or returns wrong results. The stages here were saved with the right "
                    "output.",
                ),
                line=lines.get(program.outputs[index]),
                repair=Text(
                    zh="返回输出的副本：paddle.assign(y)。",
                    en="Return a copy of the output: paddle.assign(y).",
                ),
                example="return paddle.assign(y)\n",
            )
        )
    return tuple(explanations)


def explain_unsaved(error: BaseException) -> Explanation:
    """Explain that there are no stages, since Paddle cannot save the network."""
    return Explanation(
        kind="not-saved",
        rule=Text(
            zh="paddle.jit.save 存不下这个网络，所以没有各个阶段；它自己的话见 message。",
            en="paddle.jit.save cannot save this network, so there are no stages; see its message.",
        ),
        line=None,
        repair=Text(
            zh="先用 pipeline=None 看追踪出来的程序。",
            en="Look at the traced program with pipeline=None.",
        ),
        message=f"{type(error).__name__}: {error}",
    )


def explain_unregistered(program: Program, layer: Any | None) -> tuple[Explanation, ...]:
    """Explain that parameters do not belong to the network, so that Paddle does not save them."""
    registered: set[str] = set()
    if layer is not None:
        # Buffers outside the state, such as one of nn.GRU, are saved under their own names.
        registered = {*layer.state_dict(), *(buffer.name for buffer in layer.buffers())}
    missing = [weight for weight in program.parameters if weight.name not in registered]
    if not missing:
        return ()
    values = {weight.value for weight in missing}
    users = [op for op in program.walk() if not values.isdisjoint(op.inputs)]
    if layer is None:
        rule = Text(
            zh="函数用到了一个网络的参数，paddle.jit.save 不会保存它们。",
            en="The function uses the parameters of a network; paddle.jit.save does not save them.",
        )
        repair = Text(
            zh="捕捉网络本身，或者把函数写成一个 nn.Layer 的 forward。",
            en="Capture the network itself, or make the function the forward of an nn.Layer.",
        )
        example = "capture(net, input_spec=[...])\n"
    else:
        rule = Text(
            zh=f"有 {len(missing)} 个参数不属于这个网络：放在普通的列表、元组或字典里的子层不会"
            "登记，它们不在 parameters() 里，既不会训练，也不会保存。",
            en=f"{len(missing)} parameters do not belong to the network: sub-layers in a plain "
            "list, tuple or dictionary are not registered, so they are missing from parameters(), "
            "and are neither trained nor saved.",
        )
        repair = Text(
            zh="改用 nn.LayerList 或 nn.LayerDict。",
            en="Use nn.LayerList or nn.LayerDict.",
        )
        example = "self.layers = nn.LayerList([nn.Linear(4, 4)])\n"
    return (
        Explanation(
            kind="unregistered-layer",
            rule=rule,
            line=_line(users),
            repair=repair,
            example=example,
        ),
    )


def explain_missing_stages(problem: str) -> Explanation:
    """Explain that the Predictor failed while it optimised the program."""
    return Explanation(
        kind="predictor-failed",
        rule=Text(
            zh="Predictor 没能优化完这个程序；在那之前的阶段都在。",
            en="The Predictor did not finish optimising this program; the stages before that are "
            "shown.",
        ),
        line=None,
        repair=Text(
            zh="换另一条流水线，或者用 pipeline=[…] 一次只运行一个遍。",
            en="Try the other pipeline, or run one pass at a time with pipeline=[...].",
        ),
        message=problem,
    )


def explain_missing_results(problem: str) -> Explanation:
    """Explain that the results of the last stage were not compared with the eager ones."""
    return Explanation(
        kind="not-compared",
        rule=Text(
            zh="优化后的程序没有和动态图的结果比较；原因见 message。",
            en="The optimised program was not compared with the eager result; see the message.",
        ),
        line=None,
        repair=Text(
            zh="各个阶段仍然可看；部署之前请用自己的数据比较结果。",
            en="The stages are complete. Compare the results on your own data before deployment.",
        ),
        message=problem,
    )


def explain_randomness(program: Program) -> Explanation | None:
    """Explain why a program has a different result in every run or batch, if it has."""
    random_op = next((op for op in program.walk() if op.kind in RANDOM_OPS), None)
    if random_op is not None:
        return Explanation(
            kind="random-result",
            rule=Text(
                zh=f"程序里有随机算子 {random_op.kind}：每次运行的结果都不同，"
                "和动态图的差别说明不了什么。",
                en=f"The program contains the random op {random_op.kind}: every run has a "
                "different result, so the difference from the eager result means nothing.",
            ),
            line=random_op.line,
            repair=Text(
                zh="把随机数作为输入传进来，就可以比较了。",
                en="To compare results, pass the random numbers as an input.",
            ),
        )
    trained = [op for op in program.walk() if _trains(op)]
    if not trained:
        return None
    reasons_zh, reasons_en = [], []
    if any(op.kind == "dropout" for op in trained):
        reasons_zh.append("Dropout 是随机的")
        reasons_en.append("dropout is random")
    if any(op.kind in _BATCH_NORM for op in trained):
        reasons_zh.append("BatchNorm 用的是这一批数据的统计量")
        reasons_en.append("BatchNorm uses the statistics of the batch")
    return Explanation(
        kind="training-mode",
        rule=Text(
            zh=f"网络处于训练模式：{'，'.join(reasons_zh)}，结果因此不同。",
            en=f"The network is in training mode: {' and '.join(reasons_en)}, so the results "
            "differ.",
        ),
        line=_line(trained),
        repair=Text(
            zh="先调用 net.eval()，并且不要写 training=True。",
            en="Call net.eval() first, and do not pass training=True.",
        ),
        example="net.eval()\n",
    )


def explain_difference(
    comparison: Comparison, culprit: Culprit | None, *, onednn: bool
) -> Explanation:
    """Explain that the optimised program has a different result, and what repairs it."""
    size = _size(comparison.difference)
    zh = f"优化后的程序算出了不同的结果：第 {comparison.output + 1} 个输出与动态图{size.zh}。"
    en = (
        f"The optimised program computes a different result: output {comparison.output + 1} "
        f"{size.en}."
    )
    if culprit is None:
        return Explanation(
            kind="result-differs",
            rule=Text(
                zh=f"{zh}逐个去掉每一个遍都没有用，原因不止一个遍，或者在内核里。",
                en=f"{en} Leaving out any single pass does not help: several passes cause it, or a "
                "kernel.",
            ),
            line=None,
            repair=Text(
                zh="用另一条流水线，或者不优化：config.set_optimization_level(0)。",
                en="Use the other pipeline, or do not optimise: config.set_optimization_level(0).",
            ),
            example="config.set_optimization_level(0)\n",
        )
    if not culprit.name:
        return Explanation(
            kind="trace-differs",
            rule=Text(
                zh=f"{zh}不做任何优化也是这样，所以原因在追踪：图和动态图算的不是同一件事。",
                en=f"{en} It does so even without any pass, so the cause is in tracing: the graph "
                "does not compute what the eager network does.",
            ),
            line=None,
            repair=Text(
                zh="看看这里的其他说明：图里的副作用、随机数、就地修改只发生一次，或者不发生。",
                en="See the other notes: in a graph, side effects, random numbers and changes in "
                "place happen once or not at all.",
            ),
        )
    name = culprit.name
    return Explanation(
        kind="pass-changes-result",
        rule=Text(
            zh=f"{zh}原因是 {name}：去掉它，差别只有 {culprit.difference:.1g}。"
            + ("它让一个算子就地改写了别的算子还要读的值。" if culprit.line is not None else ""),
            en=f"{en} The cause is {name}: without it the difference is {culprit.difference:.1g}."
            + (
                " It lets an op overwrite a value that another op still reads."
                if culprit.line is not None
                else ""
            ),
        ),
        line=culprit.line,
        repair=Text(
            zh=f'去掉这个遍：config.delete_pass("{name}")。',
            en=f'Leave out this pass: config.delete_pass("{name}").',
        ),
        proven=True,
        example=_LEAVING_OUT.format(onednn="config.enable_mkldnn()\n" if onednn else "", name=name),
    )


def _size(difference: float) -> Text:
    if isinf(difference):
        return Text(
            zh="相差无穷：一边是 NaN 或无穷大，另一边不是",
            en="is NaN or infinite where the eager result is not, or the other way round",
        )
    percent = f"{100 * difference:.3g} %"
    return Text(
        zh=f"相差其最大值的 {percent}",
        en=f"differs by {percent} of its largest value",
    )


def _trains(op: Op) -> bool:
    if op.kind == "dropout":
        return op.attributes.get("is_test") is False and op.attributes.get("p") != 0
    if op.kind in _BATCH_NORM:
        attributes = op.attributes
        return attributes.get("is_test") is False and not attributes.get("use_global_stats")
    return False


def _line(ops: list[Op]) -> SourceLine | None:
    return next((op.line for op in ops if op.line is not None), None)
