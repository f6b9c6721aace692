"""Why SOT breaks a graph, most specific reason first."""

from __future__ import annotations

from .rule import Rule, rule

__all__ = ["BREAKS"]

BREAKS: tuple[Rule, ...] = (
    rule(
        "break-tensor-value",
        "sot",
        zh="""
            numpy()、item()、tolist() 要把张量的值交给 Python。值只有算完才有，
            所以图在这里断开，先算前半段。
            ---
            只用飞桨的运算；非取值不可，就放到 forward 之外。
        """,
        en="""
            numpy(), item() and tolist() hand a tensor's value to Python. The value only exists once
            it is computed, so the graph breaks here and its first half runs.
            ---
            Use only Paddle's operations; read values after forward, not inside it.
        """,
        broken="""
            def f(x):
                y = paddle.exp(x)
                return y * float(y.numpy().max())
        """,
        repaired="""
            def f(x):
                y = paddle.exp(x)
                return y * y.max()
        """,
        pattern=r"Calling `Tensor\.(numpy|item|tolist)`|numpy|tolist",
    ),
    rule(
        "break-python-number",
        "sot",
        zh="""
            int()、float()、bool() 把张量变成 Python 的数，要等它的值算出来，图在这里断开。
            ---
            让它保持为张量：乘法、比较、paddle.where 都认张量；换类型用 astype。
        """,
        en="""
            int(), float() and bool() turn a tensor into a Python number. Its value must be known,
            so the graph breaks here.
            ---
            Keep it a tensor: multiplication, comparison and paddle.where accept tensors, and astype
            changes the dtype.
        """,
        broken="""
            def f(x):
                return x * float(x.max())
        """,
        repaired="""
            def f(x):
                return x * x.max()
        """,
        pattern=r"builtin function: <class '(int|float|bool)'>",
    ),
    rule(
        "break-print",
        "sot",
        zh="""
            print 要在运行到这里时输出，图不能替它做，于是断开。
            ---
            去掉 forward 里的 print；要看中间结果，就把它一起返回，或者在动态图里调试。
        """,
        en="""
            print must run when execution reaches this line. A graph cannot do that, so it breaks.
            ---
            Remove print from forward. To see a value, return it as well, or debug eagerly.
        """,
        broken="""
            def f(x):
                y = x + 1
                print("mean:", y.mean())
                return y * 2
        """,
        repaired="""
            def f(x):
                y = x + 1
                return y * 2, y.mean()
        """,
        pattern=r"builtin function: print",
    ),
    rule(
        "break-python-random",
        "sot",
        zh="""
            random 和 np.random 的结果每次都不同，图里放不下 Python 的随机数，于是断开。
            ---
            用 paddle.rand、paddle.randn 等：它们是图里的算子，每次运行都会重新产生。
        """,
        en="""
            random and np.random give a different number every time. A graph cannot contain Python's
            random numbers, so it breaks.
            ---
            Use paddle.rand, paddle.randn or similar functions: they are ops and give new numbers in
            every run.
        """,
        broken="""
            def f(x):
                return x * random.random()
        """,
        repaired="""
            def f(x):
                return x * paddle.rand([1])
        """,
        pattern=r"Random(State)?\.\w+|builtin function: \w*rand",
    ),
    rule(
        "break-clock",
        "sot",
        zh="""
            时钟每次都不同，图里不能有，于是断开。
            ---
            计时写在 forward 之外，夹住整个调用。
        """,
        en="""
            The time is different on every call and cannot be part of a graph, so it breaks.
            ---
            Measure time outside forward, around the whole call.
        """,
        broken="""
            def f(x):
                return x * time.perf_counter()
        """,
        repaired="""
            def f(x):
                return x * 2
        """,
        pattern=r"builtin function: (time|perf_counter|monotonic|process_time)\b",
    ),
    rule(
        "break-import",
        "sot",
        zh="""
            SOT 不会模拟函数里的 import，整个函数退回动态图。
            ---
            把 import 移到文件开头。
        """,
        en="""
            SOT does not simulate import inside a function; the whole function runs eagerly.
            ---
            Move the import to the top of the file.
        """,
        broken="""
            def f(x):
                import math
                return x * math.pi
        """,
        repaired="""
            def f(x):
                return x * np.pi
        """,
        pattern=r"IMPORT_(NAME|FROM)",
    ),
    rule(
        "break-generator",
        "sot",
        zh="""
            SOT 不会模拟生成器（yield），包含它的函数退回动态图。
            ---
            改用列表推导：要的值一次全算出来。
        """,
        en="""
            SOT does not simulate generators (yield); a function that contains one runs eagerly.
            ---
            Use a list comprehension, which computes all values at once.
        """,
        broken="""
            def f(x):
                def powers():
                    yield x
                    yield x * x
                total = x * 0
                for power in powers():
                    total = total + power
                return total
        """,
        repaired="""
            def f(x):
                total = x * 0
                for power in [x ** i for i in range(3)]:
                    total = total + power
                return total
        """,
        pattern=r"GENERATOR|YIELD|generator",
    ),
    rule(
        "break-format",
        "sot",
        zh="""
            把张量写进字符串要先知道它的值，SOT 放弃整个函数，退回动态图。
            ---
            字符串里只写形状这类不取决于数据的东西，或者移到 forward 之外。
        """,
        en="""
            Formatting a tensor as a string needs its value; SOT gives up on the whole function,
            which runs eagerly.
            ---
            Format only what does not depend on data, such as a shape, or do it outside forward.
        """,
        broken="""
            def f(x):
                note = f"{x}"
                return x + len(note[:1])
        """,
        repaired="""
            def f(x):
                note = "x"
                return x + len(note[:1])
        """,
        pattern=r"format",
    ),
    rule(
        "break-by-request",
        "sot",
        zh="""
            代码自己要求在这里断开（psdb.breakgraph）。
            ---
            调试完就把它去掉。
        """,
        en="""
            The code itself requests a break here (psdb.breakgraph).
            ---
            Remove it when you have finished debugging.
        """,
        broken="""
            def f(x):
                y = x + 1
                paddle.jit.sot.psdb.breakgraph()
                return y * 2
        """,
        repaired="""
            def f(x):
                y = x + 1
                return y * 2
        """,
        pattern=r"psdb",
    ),
    rule(
        "break-loop",
        "sot",
        zh="""
            循环里有取决于张量的 break、continue 或 return，跑几轮要等数据，
            循环体每一轮各成一张图。
            ---
            用 full_graph=True，让循环变成图里的 while；或者固定轮数，
            用 paddle.where 决定要不要更新。
        """,
        en="""
            A break, continue or return in the loop depends on a tensor. The number of iterations
            depends on data, and every iteration is a separate graph.
            ---
            Use full_graph=True, which puts a while into the graph; or run a fixed number of
            iterations and let paddle.where decide what is updated.
        """,
        broken="""
            def f(x):
                for _ in range(3):
                    if x.sum() > 8:
                        break
                    x = x + 1
                return x
        """,
        repaired="""
            def f(x):
                for _ in range(3):
                    x = paddle.where(x.sum() > 8, x, x + 1)
                return x
        """,
        pattern=r"A loop runs over",
    ),
    rule(
        "break-branch",
        "sot",
        zh="""
            if、while 或 assert 的条件取决于张量的值。SOT 跟着一条路走，走之前要知道条件，
            于是断开。
            ---
            两边都便宜就用 paddle.where 都算出来再选；否则用 full_graph=True，
            让它变成图里的 if 或 while。
        """,
        en="""
            The condition of an if, while or assert depends on a tensor. SOT follows one branch and
            must know which, so the graph breaks.
            ---
            If both branches are cheap, compute both and choose with paddle.where; otherwise use
            full_graph=True, which puts an if or while into the graph.
        """,
        broken="""
            def f(x):
                if x.mean() > 0:
                    y = x * 2
                else:
                    y = x - 1
                return y
        """,
        repaired="""
            def f(x):
                return paddle.where(x.mean() > 0, x * 2, x - 1)
        """,
        pattern=r"A branch depends|simulate control flow",
    ),
    rule(
        "break-builtin",
        "sot",
        zh="""
            这个 Python 内置函数（例如 sorted）SOT 不会模拟，于是断开，交给 Python 去做。
            ---
            换成飞桨的同类运算，例如 paddle.sort、paddle.max。
        """,
        en="""
            SOT cannot simulate this Python builtin (sorted, for example); the graph breaks and
            Python runs it.
            ---
            Use Paddle's own operation, such as paddle.sort or paddle.max.
        """,
        broken="""
            def f(x):
                return x + sorted([x[0], x[1]])[0]
        """,
        repaired="""
            def f(x):
                return x + paddle.sort(x[:2])[0]
        """,
        pattern=r"builtin function",
    ),
    rule(
        "ambiguous-global",
        "sot",
        zh="""
            SOT 遇到循环时会比较这个文件（或笔记本）里所有的全局变量。DataFrame 没有唯一的真假，
            比较就失败了，尽管函数根本没有用到它。
            ---
            不要把 DataFrame 留在全局变量里（笔记本最后一行的输出也算），显示时用 .style；
            或者把函数放到另一个模块里。
        """,
        en="""
            At a loop, SOT compares all globals of the file or notebook. A DataFrame has no truth
            value, so the comparison fails, even if the function never uses it.
            ---
            Do not keep a DataFrame in a global (the output of a notebook cell's last line counts,
            too): show it with .style, or put the function into another module.
        """,
        broken="""
            table = pd.DataFrame({"a": [1]})

            def f(x):
                for i in range(3):
                    x = x + i
                return x
        """,
        repaired="""
            table = pd.DataFrame({"a": [1]}).style

            def f(x):
                for i in range(3):
                    x = x + i
                return x
        """,
        pattern=r"truth value of a (DataFrame|Series)",
    ),
)
