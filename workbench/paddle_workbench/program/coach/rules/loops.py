"""Loops that never end during tracing, and loops whose results Paddle may free."""

from __future__ import annotations

from .rule import Rule, rule

__all__ = ["LOOPS"]

LOOPS: tuple[Rule, ...] = (
    rule(
        "yield-in-loop",
        "ast",
        zh="""
            循环体里有 yield。转换器把循环体搬进一个新函数，那个函数于是成了生成器，
            从不真正执行，循环就停不下来。
            ---
            改用列表推导，一次把值全算出来。
        """,
        en="""
            A loop contains yield. Conversion moves the loop's body into a separate function, which
            thereby becomes a generator and never runs, so the loop does not end.
            ---
            Use a list comprehension, which computes all values at once.
        """,
        broken="""
            def f(x):
                def powers():
                    for i in range(3):
                        yield x ** i
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
    ),
    rule(
        "freed-loop-result",
        "ast",
        zh="""
            循环成了图里的 while，而循环里头一次赋值的变量不止一个。飞桨 3.2.2 有时会把已经释放的值
            当成循环的结果交出来：算出来的东西不可信，进程也可能崩溃。
            这里取的是图里那个 while 自己的结果，所以没有事；直接用 to_static 就不一定了。
            ---
            循环之前先给这些变量赋值，形状和类型与循环里的相同，例如 y = paddle.zeros_like(x)。
        """,
        en="""
            The loop becomes a while in the graph, and sets more than one variable for the first
            time. Paddle 3.2.2 sometimes returns a freed value as a result of such a loop: what is
            computed from it is nonsense, or the process crashes. This capture takes the results
            from the while op itself; to_static alone may crash.
            ---
            Set these variables before the loop, with the shape and dtype that they have in it, for
            example y = paddle.zeros_like(x).
        """,
        broken="""
            def f(x):
                while x.sum() < 20:
                    y = x * 2
                    z = y + 1
                    x = x + z
                return x
        """,
        repaired="""
            def f(x):
                y = z = paddle.zeros_like(x)
                while x.sum() < 20:
                    y = x * 2
                    z = y + 1
                    x = x + z
                return x
        """,
    ),
)
