"""What Paddle accepts silently but converts to something different."""

from __future__ import annotations

from .rule import Rule, rule

__all__ = ["TRAPS"]

TRAPS: tuple[Rule, ...] = (
    rule(
        "numpy-under-ast",
        "ast",
        zh="""
            追踪时 x.numpy() 不给数组，只悄悄给一个占位符；NumPy 的代码碰上它，
            报的错离原因很远，或者算在了追踪的那一刻。
            ---
            只用飞桨的运算：x.mean()，不是 x.numpy().mean()。
        """,
        en="""
            During tracing, x.numpy() silently returns a placeholder instead of an array. NumPy code
            then fails far from the cause, or computes only once, during tracing.
            ---
            Use only Paddle's operations: x.mean() instead of x.numpy().mean().
        """,
        broken="""
            def f(x):
                return x - x.numpy().mean()
        """,
        repaired="""
            def f(x):
                return x - x.mean()
        """,
    ),
    rule(
        "side-effect",
        "ast",
        zh="""
            往外面的列表、字典或全局变量里写东西，只在追踪时发生一次；以后每次运行都不会再发生。
            ---
            把要带出去的东西作为返回值。
        """,
        en="""
            Writing to an outer list, dictionary or global happens once, during tracing, and not
            again in later runs.
            ---
            Return the value instead.
        """,
        broken="""
            calls = []

            def f(x):
                calls.append(1)
                return x * 2
        """,
        repaired="""
            def f(x):
                return x * 2, x.sum()
        """,
    ),
    rule(
        "frozen-random",
        "ast",
        zh="""
            random 和 np.random 只在追踪时产生一次，那个数就成了程序里的常数，以后每次都一样。
            ---
            用 paddle.rand 等：它们是图里的算子。
        """,
        en="""
            random and np.random are called once, during tracing; the number becomes a constant of
            the program, the same in every run.
            ---
            Use paddle.rand or similar functions: they are ops in the graph.
        """,
        broken="""
            def f(x):
                return x * random.random()
        """,
        repaired="""
            def f(x):
                return x * paddle.rand([1])
        """,
    ),
    rule(
        "undefined-in-branch",
        "ast",
        zh="""
            这个变量只在 if 的一个分支里赋了值。图里的 if 两边都要有，
            转换之后它可能是一个“未定义”的占位物。
            ---
            在 if 之前给它一个同类型的张量作初值，或者在两个分支里都赋值。
        """,
        en="""
            This variable is set in only one branch of an if. An if in the graph needs both; after
            conversion the variable may be an undefined placeholder.
            ---
            Set it to a tensor of the same dtype before the if, or set it in both branches.
        """,
        broken="""
            def f(x):
                if x.mean() > 0:
                    y = x * 2
                return y
        """,
        repaired="""
            def f(x):
                y = x
                if x.mean() > 0:
                    y = x * 2
                return y
        """,
    ),
    rule(
        "match-statement",
        "ast",
        zh="""
            AST 转换不认识 match 语句，它会被悄悄丢掉，后面的代码照走。
            ---
            改写成 if、elif、else。
        """,
        en="""
            AST conversion does not support the match statement: it is silently dropped, and the
            code after it runs.
            ---
            Use if, elif and else.
        """,
        broken="""
            def f(x):
                match 2:
                    case 2:
                        return x * 2
                return x
        """,
        repaired="""
            def f(x):
                mode = 2
                if mode == 2:
                    y = x * 2
                else:
                    y = x
                return y
        """,
    ),
    rule(
        "isinstance-tensor",
        "ast",
        zh="""
            追踪时的输入是 Value，不是 paddle.Tensor，isinstance(x, paddle.Tensor) 得到 False，
            走的是另一条路。
            ---
            不要按类型分支；确实要分，就判断 None 或 Python 的数。
        """,
        en="""
            During tracing, inputs are Values, not paddle.Tensor: isinstance(x, paddle.Tensor) is
            False, and the other branch is taken.
            ---
            Do not branch on the type; if you must, test for None or for Python numbers.
        """,
        broken="""
            def f(x):
                if isinstance(x, paddle.Tensor):
                    return x * 2
                return x
        """,
        repaired="""
            def f(x):
                if x is not None:
                    return x * 2
                return x
        """,
    ),
    rule(
        "tensor-as-text",
        "ast",
        zh="""
            追踪时把张量变成字符串，得到的是占位符的描述，不是数值，而且从此固定不变。
            ---
            不要在 forward 里把张量变成文字。
        """,
        en="""
            During tracing, the text of a tensor describes a placeholder, not its numbers, and never
            changes.
            ---
            Do not format tensors as text in forward.
        """,
        broken="""
            def f(x):
                return x * len(str(x))
        """,
        repaired="""
            def f(x):
                return x * x.shape[0]
        """,
    ),
    rule(
        "layer-in-forward",
        "ast",
        zh="""
            在 forward 里新建带参数的层：每次调用都是新的随机参数，它也不在 parameters() 里，
            图里找不到它的值。
            ---
            在 __init__ 里建好，forward 里只用。
        """,
        en="""
            forward creates a layer with parameters: each call gets new random ones, they are
            missing from parameters(), and the graph does not find their values.
            ---
            Create the layer in __init__, and only use it in forward.
        """,
        broken="""
            def f(x):
                return nn.Linear(3, 2)(x)
        """,
        repaired="""
            class Net(nn.Layer):
                def __init__(self):
                    super().__init__()
                    self.fc = nn.Linear(3, 2)

                def forward(self, x):
                    return self.fc(x)

            f = Net()
        """,
    ),
    rule(
        "self-by-another-name",
        "ast",
        zh="""
            方法的第一个参数不叫 self。飞桨按这个名字认出方法，叫别的名字，输入就会错开一位。
            ---
            把第一个参数改名为 self。
        """,
        en="""
            The first parameter of a method is not called self. Paddle recognises methods by that
            name; with another, the inputs are shifted by one.
            ---
            Call the first parameter self.
        """,
        broken="""
            class Net(nn.Layer):
                def forward(this, x):
                    return x * 2

            f = Net()
        """,
        repaired="""
            class Net(nn.Layer):
                def forward(self, x):
                    return x * 2

            f = Net()
        """,
    ),
    rule(
        "small-graph",
        "sot",
        zh="""
            这张子图的算子比 SOT 的下限（MIN_GRAPH_SIZE，默认 10）还少，飞桨干脆按动态图执行：
            转换的开销比省下的还多。
            ---
            不必修；想让它成图，就少断几次、让子图大一些，或者用 full_graph=True。
        """,
        en="""
            This sub-graph has fewer ops than SOT's minimum (MIN_GRAPH_SIZE, 10 unless set): Paddle
            runs it eagerly, since converting costs more than it saves.
            ---
            There is nothing to fix. To get a graph, cause fewer breaks so that it becomes larger,
            or use full_graph=True.
        """,
        broken="""
            def f(x):
                return x + 1
        """,
        repaired="""
            def f(x):
                for _ in range(10):
                    x = paddle.exp(x * 0.1) + 1
                return x
        """,
    ),
    rule(
        "sot-gave-up",
        "sot",
        zh="""
            SOT 一张图也没有留下，也没有说为什么：遇到 with open、try 里抛出的异常等，
            它不声不响地让整个函数按动态图执行。
            ---
            把这样的语句移到 forward 之外，或者用 full_graph=True 看看 AST 转不转得了。
        """,
        en="""
            SOT made no graph at all and did not say why: for with open, exceptions raised inside
            try and similar code, it silently runs the whole function eagerly.
            ---
            Move such statements out of forward, or try full_graph=True: AST may convert them.
        """,
        broken="""
            def f(x):
                try:
                    y = x + 1
                    if x.mean() > 0:
                        raise ValueError
                except ValueError:
                    y = x - 1
                return y
        """,
        repaired="""
            def f(x):
                return paddle.where(x.mean() > 0, x - 1, x + 1)
        """,
    ),
    rule(
        "in-place-statement",
        "ast",
        zh="""
            y.add_(x) 单独成一句：动态图里 y 变了，图里它只产生一个新的值，y 还是原来的，
            后面用到的、返回的都是旧值。
            ---
            把结果接住：y = y.add_(x)，或者干脆 y = y + x。
        """,
        en="""
            y.add_(x) is a statement on its own. Eagerly, y changes; in the graph, the op makes a
            new value and y keeps the old one, which is then used and returned.
            ---
            Use the result: y = y.add_(x), or simply y = y + x.
        """,
        broken="""
            def f(x):
                y = x + 0
                y.add_(x)
                return y
        """,
        repaired="""
            def f(x):
                y = x + 0
                y = y + x
                return y
        """,
    ),
)
