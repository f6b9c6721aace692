"""What AST conversion rejects, most specific message first."""

from __future__ import annotations

from .rule import Rule, rule

__all__ = ["ERRORS"]

ERRORS: tuple[Rule, ...] = (
    rule(
        "branch-dtype",
        "ast",
        zh="""
            图里的 if 两个分支给同一个变量的类型必须相同，运行时选哪边，后面的算子都要能接着算。
            ---
            在分支里用 astype 把两边变成同一种类型。
        """,
        en="""
            Both branches of an if in the graph must give a variable the same dtype: the ops after
            it must accept either result.
            ---
            Convert both sides to one dtype with astype inside the branches.
        """,
        broken="""
            def f(x):
                if x.mean() > 0:
                    y = x
                else:
                    y = x.astype("int64")
                return y
        """,
        repaired="""
            def f(x):
                if x.mean() > 0:
                    y = x
                else:
                    y = x.astype("int64").astype("float32")
                return y
        """,
        pattern=r"The dtype in output\[\d+\] of true_block",
    ),
    rule(
        "branch-rank",
        "ast",
        zh="""
            图里的 if 两个分支给同一个变量的维数必须相同；每一维的大小可以不同。
            ---
            让两边维数相同，例如 keepdim=True、reshape 或 expand。
        """,
        en="""
            Both branches of an if in the graph must give a variable the same number of dimensions;
            their sizes may differ.
            ---
            Give both sides the same rank with keepdim=True, reshape or expand.
        """,
        broken="""
            def f(x):
                if x.mean() > 0:
                    y = x
                else:
                    y = x.sum()
                return y
        """,
        repaired="""
            def f(x):
                if x.mean() > 0:
                    y = x
                else:
                    y = x.sum(keepdim=True)
                return y
        """,
        pattern=r"rank inconsistency",
    ),
    rule(
        "branch-structure",
        "ast",
        zh="""
            图里的 if 两个分支返回的东西要一一对应：都是张量，个数相同。一边是 None、
            字符串或元组，图里就没有办法选。
            ---
            两边返回同样多的张量；提前 return 改成先赋值、最后统一 return。
        """,
        en="""
            The results of the two branches of an if must correspond one to one: the same number of
            tensors. If one side is None, a string or a tuple, a graph cannot choose.
            ---
            Return the same number of tensors on both sides; assign first and return once, at the
            end.
        """,
        broken="""
            def f(x):
                if x.mean() > 0:
                    return x
                return x, x
        """,
        repaired="""
            def f(x):
                if x.mean() > 0:
                    y = x
                else:
                    y = x + x
                return y
        """,
        pattern=r"Your if/else have different",
    ),
    rule(
        "loop-becomes-tensor",
        "ast",
        zh="""
            循环开始时条件是 Python 的 True，跑到 break 又变成了张量。
            转换器在第一轮就要决定这是 Python 的循环还是图里的 while，中途不能换。
            ---
            把条件写进 while 本身，或者从一开始就用张量作条件。
        """,
        en="""
            The loop starts with Python's True as its condition, and break turns the condition into
            a tensor. The first iteration decides whether it is a Python loop or a while in the
            graph.
            ---
            Write the condition into the while itself, so that it is a tensor from the start.
        """,
        broken="""
            def f(x):
                while True:
                    x = x + 1
                    if x.sum() > 20:
                        break
                return x
        """,
        repaired="""
            def f(x):
                x = x + 1
                while x.sum() <= 20:
                    x = x + 1
                return x
        """,
        pattern=r"python while pred change from bool to variable",
    ),
    rule(
        "tensor-recursion",
        "ast",
        zh="""
            递归到哪里停取决于张量。追踪时两个分支都要走，于是永远停不下来。
            ---
            改写成 while：条件取决于张量的循环可以放进图里。
        """,
        en="""
            The depth of the recursion depends on a tensor. Tracing takes both branches, so it never
            ends.
            ---
            Write a while loop: a graph can contain a loop whose condition is a tensor.
        """,
        broken="""
            def grow(x):
                if x.sum() > 20:
                    return x
                return grow(x + 1)

            def f(x):
                return grow(x)
        """,
        repaired="""
            def f(x):
                while x.sum() <= 20:
                    x = x + 1
                return x
        """,
    ),
    rule(
        "tolist",
        "ast",
        zh="""
            追踪时没有数据，tolist() 给不出列表。
            ---
            用飞桨的运算代替列表上的运算：sum、max、paddle.where。
        """,
        en="""
            During tracing there is no data, so tolist() cannot return a list.
            ---
            Replace the work on the list with Paddle's operations: sum, max, paddle.where.
        """,
        broken="""
            def f(x):
                return x * sum(x.tolist())
        """,
        repaired="""
            def f(x):
                return x * x.sum()
        """,
        pattern=r"'tolist' only can be called",
    ),
    rule(
        "python-number",
        "ast",
        zh="""
            math 里的函数要一个 Python 的数，而追踪时只有占位符。
            ---
            换成飞桨的同名运算：paddle.sqrt、paddle.exp。
        """,
        en="""
            A math function needs a Python number, but during tracing there is only a placeholder.
            ---
            Use Paddle's operation of the same name: paddle.sqrt, paddle.exp.
        """,
        broken="""
            def f(x):
                return x * math.sqrt(x.max())
        """,
        repaired="""
            def f(x):
                return x * paddle.sqrt(x.max())
        """,
        pattern=r"x\.astype\(.(float64|int64|float32).\)|float\(x\)|int\(x\)",
    ),
    rule(
        "python-truth",
        "ast",
        zh="""
            max、sorted、in 这些 Python 内置函数会在内部问一个张量“真还是假”，
            转换器改写不了它们内部的代码。
            ---
            换成飞桨的运算：paddle.maximum、paddle.sort、(x == v).any()。
        """,
        en="""
            Builtins such as max, sorted and in test the truth value of a tensor, inside code that
            conversion cannot rewrite.
            ---
            Use Paddle's operations: paddle.maximum, paddle.sort, (x == v).any().
        """,
        broken="""
            def f(x):
                return max(x[0], x[1]) * x
        """,
        repaired="""
            def f(x):
                return paddle.maximum(x[0], x[1]) * x
        """,
        pattern=r"paddle\.static\.nn\.cond\(pred",
    ),
    rule(
        "view-in-place",
        "ast",
        zh="""
            这里就地修改了一个视图。动态图里原张量会跟着变，图里不会，两边就不一致，
            飞桨拒绝转换。
            ---
            不要就地修改视图：用不带下划线的运算，再用下标写回原张量。
        """,
        en="""
            A view is changed in place here. In eager mode its base tensor changes too, but in a
            graph it does not, so Paddle refuses to convert it.
            ---
            Do not change views in place: use the operation without an underscore, and write the
            result back by index.
        """,
        broken="""
            def f(x):
                y = x * 1
                v = y.reshape([3, 1])
                v.scale_(2.0)
                return y
        """,
        repaired="""
            def f(x):
                y = x * 1
                v = y.reshape([3, 1])
                return v.scale(2.0).reshape([3])
        """,
        pattern=r"viewed Tensor in dygraph",
    ),
    rule(
        "tensor-attribute",
        "ast",
        zh="""
            追踪时的占位符不能挂上自己的属性。
            ---
            另用一个变量、字典或返回值来带它。
        """,
        en="""
            Placeholders in a trace do not accept attributes of your own.
            ---
            Keep the value in a variable, a dictionary or a return value.
        """,
        broken="""
            def f(x):
                x.tag = 3
                return x + x.tag
        """,
        repaired="""
            def f(x):
                tag = 3
                return x + tag
        """,
        pattern=r"'paddle\.base\.libpaddle\.pir\.Value' object has no attribute",
    ),
    rule(
        "raise-in-branch",
        "ast",
        zh="""
            两个分支在追踪时都要走一遍，写在分支里的 raise 立刻就会发生，不管数据如何。
            ---
            检查输入用 assert，它会变成图里的算子；或者在调用模型之前检查。
        """,
        en="""
            Tracing runs both branches, so a raise in one of them always happens, whatever the data.
            ---
            Check inputs with assert, which becomes an op, or check them before calling the network.
        """,
        broken="""
            def f(x):
                if x.mean() < 0:
                    raise ValueError("negative")
                return x * 2
        """,
        repaired="""
            def f(x):
                assert x.mean() >= 0
                return x * 2
        """,
    ),
    rule(
        "recursion-limit",
        "ast",
        zh="""
            追踪时每一层 Python 的调用都要多占几层栈，超过了 Python 的递归上限。
            ---
            把递归改成循环；或者先用 sys.setrecursionlimit 提高上限，再捕捉。
        """,
        en="""
            During tracing each Python call takes several frames of the stack, and they exceeded
            Python's recursion limit.
            ---
            Write a loop instead of the recursion, or raise the limit with sys.setrecursionlimit
            before the capture.
        """,
        broken="""
            def deep(x, n):
                if n == 0:
                    return x
                return deep(x + 1, n - 1)

            def f(x):
                return deep(x, 500)
        """,
        repaired="""
            def f(x):
                for _ in range(50):
                    x = x + 1
                return x
        """,
    ),
    rule(
        "lambda",
        "ast",
        zh="""
            飞桨转换的是函数的源码，找不到 lambda 的那一段。
            ---
            用 def 写成函数。
        """,
        en="""
            Paddle converts the source of a function, and does not find that of a lambda.
            ---
            Write a function with def.
        """,
        broken="""
            f = lambda x: x * 2
        """,
        repaired="""
            def f(x):
                return x * 2
        """,
    ),
    rule(
        "error-in-code",
        "ast",
        zh="""
            这一行的代码本身有错：动态图里也会在这里报错。原因在 message 的末尾。
            ---
            先让它在动态图里跑通，再捕捉。
        """,
        en="""
            The code on this line is wrong in itself: it raises an error in eager mode too. The
            reason is at the end of the message.
            ---
            Make it run eagerly first, then capture it.
        """,
        broken="""
            def f(x):
                return x.reshape([-2, 4])
        """,
        repaired="""
            def f(x):
                return x.reshape([-1, 3])
        """,
    ),
)
