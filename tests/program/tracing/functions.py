"""Sixty small functions that stress conversion.

`CAPTURED` must compute the eager result. `REFUSED` must be rejected or captured with a warning, with an
explanation by the named rule. None may crash the process.
"""

# ruff: noqa: E501 - one function a line reads better here
from __future__ import annotations

CAPTURED = {
    # control flow
    "if_else": "def f(x):\n    if x.mean() > 0:\n        y = x * 2\n    else:\n        y = x - 1\n    return y",
    "if_only": "def f(x):\n    if x.sum() > 100:\n        x = x * 2\n    return x",
    "elif": "def f(x):\n    if x.sum() > 100:\n        y = x\n    elif x.sum() > 2:\n        y = x * 2\n    else:\n        y = x * 3\n    return y",
    "nested_if": "def f(x):\n    y = x\n    if x.mean() > 0:\n        if x.max() > 1:\n            y = x * 3\n        else:\n            y = x * 2\n    return y",
    "ternary": "def f(x):\n    return x if x.mean() > 0 else -x",
    "and_or": "def f(x):\n    if x.mean() > 0 and x.max() > 1:\n        y = x * 2\n    else:\n        y = x\n    return y",
    "not": "def f(x):\n    if not x.mean() > 0:\n        x = x * 2\n    return x",
    "early_return": "def f(x):\n    if x.mean() > 0:\n        return x * 2\n    return x",
    "while": "def f(x):\n    while x.sum() < 20:\n        x = x + 1\n    return x",
    "while_two": "def f(x):\n    i = paddle.zeros([1])\n    while i < 3:\n        x = x + i\n        i = i + 1\n    return x",
    "while_in_if": "def f(x):\n    if x.mean() > 0:\n        while x.sum() < 9:\n            x = x + 1\n    return x",
    "if_in_while": "def f(x):\n    while x.sum() < 9:\n        if x.min() < 1:\n            x = x + 1\n        else:\n            x = x + 2\n    return x",
    "for_range": "def f(x):\n    for i in range(4):\n        x = x + i\n    return x",
    "for_shape": "def f(x):\n    total = x[0] * 0\n    for i in range(x.shape[0]):\n        total = total + x[i] * i\n    return total",
    "for_tensor": "def f(x):\n    total = x[0] * 0\n    for v in x:\n        total = total + v\n    return total",
    "for_enumerate": "def f(x):\n    total = x[0] * 0\n    for i, v in enumerate(x):\n        total = total + v * i\n    return total",
    "for_zip": "def f(x):\n    total = x[0] * 0\n    for a, b in zip(x, x):\n        total = total + a * b\n    return total",
    "continue": "def f(x):\n    total = x[0] * 0\n    for v in x:\n        if v > 1:\n            continue\n        total = total + v\n    return total",
    "range_of_tensor": "def f(x):\n    n = x.max().astype('int64')\n    y = x\n    for i in range(n):\n        y = y + 1\n    return y",
    "assert": "def f(x):\n    assert x.mean() > 0\n    return x * 2",
    "by_shape": "def f(x):\n    if x.shape[0] > 2:\n        x = x * 2\n    return x",
    "none_argument": "def f(x, m=None):\n    if m is not None:\n        x = x + m\n    return x * 2",
    # containers
    "list": "def f(x):\n    a = [x, x * 2]\n    a.append(x * 3)\n    return a[0] + a[2]",
    "list_in_branch": "def f(x):\n    out = []\n    if x.mean() > 0:\n        out.append(x)\n    else:\n        out.append(-x)\n    return out[0]",
    "comprehension": "def f(x):\n    return sum([x * i for i in range(3)])",
    "dict": "def f(x):\n    d = {'a': x}\n    d['b'] = x + 1\n    return d['a'] * d['b']",
    "dict_in_branch": "def f(x):\n    d = {'a': x}\n    if x.mean() > 0:\n        d['a'] = x * 2\n    return d['a']",
    "tuple_unpack": "def f(x):\n    a, b, c = x\n    return a + b * c",
    "star": "def f(x):\n    def g(*a, **k):\n        return a[0] + k['b']\n    return g(*[x], **{'b': x})",
    "pop": "def f(x):\n    a = [x, x * 2]\n    return a.pop()",
    "tensor_as_key": "def f(x):\n    d = {'k': x}\n    return d.get('k', x) * 2",
    # functions
    "nested_function": "def f(x):\n    def inner(z):\n        if z.mean() > 0:\n            return z * 2\n        return z\n    return inner(x)",
    "closure": "def f(x):\n    k = x * 2\n    def inner():\n        return k + 1\n    return inner()",
    "nonlocal": "def f(x):\n    n = 0\n    def inner():\n        nonlocal n\n        n = n + 1\n        return x * n\n    return inner() + inner()",
    "lambda": "def f(x):\n    g = lambda v: v * 2 + 1\n    return g(x)",
    "recursion": "def down(x, n):\n    if n == 0:\n        return x\n    return down(x + 1, n - 1)\n\ndef f(x):\n    return down(x, 3)",
    "default": "def f(x, k=3):\n    return x * k",
    "layer": "def f(x):\n    return nn.ReLU()(x)",
    "no_grad": "def f(x):\n    with paddle.no_grad():\n        y = x * 2\n    return y",
    "generator_expression": "def f(x):\n    return sum(v for v in x)",
    "class": "class Pair:\n    def __init__(self, a):\n        self.a = a\n\ndef f(x):\n    p = Pair(x)\n    p.a = p.a * 2\n    return p.a",
    "try": "def f(x):\n    try:\n        y = x * 2\n    except ValueError:\n        y = x\n    return y",
    # in place, indices, dynamic shapes
    "set_item": "def f(x):\n    y = x * 1\n    y[1] = 0.0\n    return y",
    "set_mask": "def f(x):\n    y = x * 1\n    y[y > 1] = 0.0\n    return y",
    "in_place": "def f(x):\n    y = x + 0\n    y = y.add_(x)\n    return y",
    "slice": "def f(x):\n    return x[1:] - x[:-1]",
    "nonzero": "def f(x):\n    return x[paddle.nonzero(x > 0.9).flatten()]",
    "reshape_by_shape": "def f(x):\n    return x.reshape([x.shape[0], 1])",
    "growing": "def f(x):\n    while x.sum() < 20:\n        x = paddle.concat([x, x])\n    return x",
    "cast": "def f(x):\n    return x.astype('int64').astype('float32')",
    "detach": "def f(x):\n    return x.detach() * 2",
    "walrus": "def f(x):\n    if (y := x * 2).mean() > 0:\n        return y\n    return x",
}  # fmt: skip

# By name: the rule, and the source.
REFUSED = {
    "branch_dtype": ("branch-dtype", "def f(x):\n    if x.mean() > 0:\n        y = x\n    else:\n        y = x > 0\n    return y"),
    "branch_rank": ("branch-rank", "def f(x):\n    if x.mean() > 0:\n        y = x\n    else:\n        y = x.max()\n    return y"),
    "branch_none": ("branch-structure", "def f(x):\n    if x.mean() > 0:\n        return x\n    return None"),
    "branch_text": ("branch-structure", "def f(x):\n    k = 'a'\n    if x.mean() > 0:\n        k = 'b'\n    return x * 2 if k == 'b' else x"),
    "break_in_for": ("loop-becomes-tensor", "def f(x):\n    for i in range(3):\n        if x.sum() > 8:\n            break\n        x = x + 1\n    return x"),
    "break_in_while": ("loop-becomes-tensor", "def f(x):\n    while True:\n        x = x + 1\n        if x.sum() > 20:\n            break\n    return x"),
    "generator": ("yield-in-loop", "def f(x):\n    def g():\n        for i in range(3):\n            yield x * i\n    total = x * 0\n    for v in g():\n        total = total + v\n    return total"),
    "raise": ("raise-in-branch", "def f(x):\n    if x.mean() < 0:\n        raise ValueError('negative')\n    return x"),
    "max": ("python-truth", "def f(x):\n    return max(x.max(), x.min())"),
    "in": ("python-truth", "def f(x):\n    return x if 3.0 in x else x * 2"),
    "sqrt": ("python-number", "def f(x):\n    return x * math.sqrt(x.max())"),
    "to_list": ("tolist", "def f(x):\n    return x * len(x.tolist())"),
    "view": ("view-in-place", "def f(x):\n    y = x * 1\n    v = y[0:2]\n    v.add_(paddle.ones([2]))\n    return y"),
    "undefined": ("undefined-in-branch", "def f(x):\n    if x.mean() > 0:\n        y = x\n    return y"),
    "match": ("match-statement", "def f(x):\n    match 2:\n        case 2:\n            return x * 2\n    return x"),
    "global": ("side-effect", "def f(x):\n    global kept\n    kept = 1\n    return x"),
    "random": ("frozen-random", "def f(x):\n    return x * np.random.rand()"),
    "in_place_statement": ("in-place-statement", "def f(x):\n    y = x + 0\n    y.add_(x)\n    return y"),
    "numpy": ("numpy-under-ast", "def f(x):\n    return x * x.numpy().max()"),
}  # fmt: skip
