"""Checkers of the lesson `dynamic_graph/text_classifier`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker

TOLERANCE = 1e-4


@checker("masked_mean", title=Text(zh="不数填充的平均", en="A mean without padding"), points=2)
def check_masked_mean(masked_mean: Callable[[Any, Any], Any]) -> None:
    import paddle

    paddle.seed(0)
    ids = paddle.to_tensor([[5, 7, 9, 0, 0], [4, 0, 0, 0, 0], [2, 3, 4, 5, 6]])  # (3, 5)
    embedded = paddle.randn([3, 5, 4])  # (3, 5, 4)
    embedded.stop_gradient = False
    mask = (ids != 0).astype("float32").unsqueeze(-1)  # (3, 5, 1)
    total = (embedded * mask).sum(axis=1)  # (3, 4)
    expected = total / mask.sum(axis=1)

    found = masked_mean(embedded, ids)
    if not isinstance(found, paddle.Tensor):
        raise Mistake(
            "not_a_tensor",
            Text(
                zh="要返回飞桨的张量。用 numpy 算的结果传不回梯度。",
                en="Return a Paddle tensor: no gradient flows back through numpy.",
            ),
            expected="Tensor",
            found=type(found).__name__,
        )
    if found.shape != expected.shape:
        raise Mistake(
            "wrong_shape",
            Text(
                zh="形状不对：每条评论应得到一个向量，消失的是长度那一维（axis=1）。",
                en="The shape is wrong: one vector a review; the length (axis=1) is what goes.",
            ),
            expected=expected.shape,
            found=found.shape,
        )
    for name, wrong, hint in _wrong_means(embedded, total):
        if _same(found, wrong):
            raise Mistake(name, hint, expected=_first_row(expected), found=_first_row(found))
    if not _same(found, expected):
        raise Mistake(
            "wrong_values",
            Text(
                zh="数值不对。用一条只有三个字、填充到五的评论，手算一遍再比。",
                en="The values are wrong. Take a review of three characters padded to five, "
                "work it out by hand, and compare.",
            ),
            expected=_first_row(expected),
            found=_first_row(found),
        )
    if found.stop_gradient:
        raise Mistake(
            "no_gradient",
            Text(
                zh="数值对，但梯度断了（stop_gradient 为 True），嵌入层就学不到东西。",
                en="The values are right, but the gradient is cut (stop_gradient is True): "
                "the embedding would learn nothing.",
            ),
            expected="stop_gradient=False",
            found="stop_gradient=True",
        )


def _wrong_means(embedded: Any, total: Any) -> list[tuple[str, Any, Text]]:
    length = embedded.shape[1]
    return [
        (
            "counts_padding",
            embedded.mean(axis=1),
            Text(
                zh="填充的位置也算进去了，与 paddle.mean 没有区别。先做一个“哪里是字”的掩码。",
                en="Padding is counted too, as paddle.mean does. Make a mask of the real "
                "characters first.",
            ),
        ),
        (
            "divides_by_length",
            total / length,
            Text(
                zh="分子已经去掉填充，分母却还是总长度。应除以每条评论的字数。",
                en="The sum leaves padding out, but it is divided by the whole length. "
                "Divide by the number of characters of each review.",
            ),
        ),
        (
            "forgets_to_divide",
            total,
            Text(
                zh="这是和，不是平均：还没有除以字数。",
                en="This is the sum, not the mean: it is not divided by the number of characters.",
            ),
        ),
    ]


@checker("leakage", title=Text(zh="测试集泄漏", en="Leaked test texts"), points=2, limit_s=3)
def check_leakage(leakage: Callable[[Sequence[str], Sequence[str]], float]) -> None:
    train = ["房间很干净", "书不错", "太贵了", "服务差", "很好看", "再也不来", "推荐", "字太小"]
    test = ["书不错", "电池不行", "太贵了", "屏幕很亮"]
    found = leakage(train, test)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise Mistake(
            "not_a_number",
            Text(zh="要返回一个数：0 到 1 之间的比例。", en="Return a number, from 0 to 1."),
            expected=0.5,
            found=type(found).__name__,
        )
    for name, wrong, hint in _WRONG_SHARES:
        if abs(found - wrong) < TOLERANCE:
            raise Mistake(name, hint, expected=0.5, found=found)
    uneven = leakage(["好", "坏"], ["好", "好", "一般", "贵"])
    if abs(found - 0.5) > TOLERANCE or abs(uneven - 0.5) > TOLERANCE:
        raise Mistake(
            "wrong_share",
            Text(
                zh="比例不对：测试集里每一条都要数，重复的也分别数，再除以测试集的条数。",
                en="The share is wrong: count every text of the test part, repeated ones each "
                "time, and divide by the number of test texts.",
            ),
            expected=0.5,
            found=found if abs(found - 0.5) > TOLERANCE else uneven,
        )
    # Nine hundred million comparisons if a list is searched, thirty thousand look-ups in a set.
    many = [f"{number:06d}" for number in range(60_000)]
    leakage(many[:30_000], many[30_000:])


_WRONG_SHARES = [
    (
        "returns_count",
        2,
        Text(zh="这是条数，不是比例。", en="This is how many, not which share."),
    ),
    (
        "divides_by_train",
        0.25,
        Text(
            zh="除以了训练集的条数。问的是测试集里有多少被见过，应除以测试集的条数。",
            en="Divided by the size of the training part. The question is which share of the "
            "test part was seen.",
        ),
    ),
    (
        "returns_percent",
        50,
        Text(
            zh="这是百分数。请返回 0 到 1 之间的比例。",
            en="This is a percentage. Return a share from 0 to 1.",
        ),
    ),
]


@checker("find_bug", title=Text(zh="找出错误", en="Find the bug"), points=2)
def check_find_bug(repaired_classifier: Callable[[int, int, int], Any]) -> None:
    import paddle

    paddle.seed(0)
    net = repaired_classifier(50, 8, 2)
    X = paddle.randint(2, 50, [3, 5])
    y_hat = net(X)
    expected = net.fc(paddle.mean(net.embedding(X), axis=1))
    if y_hat.shape != expected.shape:
        raise Mistake(
            "wrong_shape",
            Text(
                zh="形状不对：三条评论、两个类别，应是 [3, 2]。平均的是哪一维？",
                en="The shape is wrong: three reviews, two classes, so [3, 2]. "
                "Which axis is averaged?",
            ),
            expected=expected.shape,
            found=y_hat.shape,
        )
    if _same(y_hat.sum(axis=1), paddle.ones([3])):
        raise Mistake(
            "sums_to_one",
            Text(
                zh="每一行的和仍然是 1，所以这是概率。nn.CrossEntropyLoss 要的是什么？",
                en="Each row still sums to 1, so these are probabilities. "
                "What does nn.CrossEntropyLoss want?",
            ),
            expected=_first_row(expected),
            found=_first_row(y_hat),
        )
    if _same(y_hat.exp().sum(axis=1), paddle.ones([3])):
        raise Mistake(
            "log_probabilities",
            Text(
                zh="现在返回的是对数概率：损失恰好不变，但 CrossEntropyLoss 会再做一遍同样的事。"
                "返回全连接层的输出就够了。",
                en="These are log-probabilities: the loss happens to stay the same, but "
                "CrossEntropyLoss does the same work again. Return the output of the linear layer.",
            ),
            expected=_first_row(expected),
            found=_first_row(y_hat),
        )
    if not _same(y_hat, expected):
        raise Mistake(
            "other_network",
            Text(
                zh="错误没有了，但网络也变了。只改出错的那一处，其余保持原样。",
                en="The bug is gone, but so is the network. Change only what is wrong.",
            ),
            expected=_first_row(expected),
            found=_first_row(y_hat),
        )


def _same(found: Any, expected: Any) -> bool:
    import paddle

    found, expected = paddle.cast(found, "float32"), paddle.cast(expected, "float32")
    return bool(paddle.allclose(found, expected, atol=TOLERANCE))


def _first_row(values: Any) -> list[float]:
    return [round(value, 3) for value in values[0].tolist()]
