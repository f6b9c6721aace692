"""The parameters cell is parsed as Python: names, types, defaults, help, choices and ranges."""

from __future__ import annotations

import math
from pathlib import Path

import nbformat
import pytest

from paddle_workbench.contract import Parameter
from paddle_workbench.errors import ParameterError
from paddle_workbench.runs.parameters.declarations import computed_from, read_parameters

from .conftest import declared_in, notebook_with

SOURCE = """
# What the experiment is about.
preset = "quick"  # quick or full
num_epochs = 3
lr: float = 1  # step size, = 0.1 is too much
shuffle = True
layers = [64, 32]
options: dict[str, int] = {"a": 1}
separator = "#"  # between sentences
limit: int | None = None
note = None
num_steps = num_epochs * 10
"""


def test_reads_names_types_defaults_and_help() -> None:
    by_name = {parameter.name: parameter for parameter in declared_in(SOURCE)}
    assert {name: parameter.type for name, parameter in by_name.items()} == {
        "preset": "str",
        "num_epochs": "int",
        "lr": "float",
        "shuffle": "bool",
        "layers": "list",
        "options": "dict",
        "separator": "str",
        "limit": "int",
        "note": "none",
    }
    assert by_name["lr"].help == "step size, = 0.1 is too much"
    assert by_name["separator"].default == "#"
    assert by_name["separator"].help == "between sentences"
    assert by_name["num_epochs"].help == ""


def test_ignores_parameters_computed_from_others() -> None:
    assert "num_steps" not in {parameter.name for parameter in declared_in(SOURCE)}


def test_notebook_without_parameters_cell_has_none() -> None:
    assert read_parameters(nbformat.v4.new_notebook()) == []


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("num_epochs = = 3", "line 1: invalid syntax"),
        ("%matplotlib inline\nlr = = 3", "line 2: invalid syntax"),
        ("lr = 1\0", "null bytes"),
        ("lr = " + "-" * 100_000 + "1", "The parameters cell is not Python: "),
    ],
)
def test_rejects_parameters_cell_that_is_not_python(source: str, reason: str) -> None:
    with pytest.raises(ParameterError, match=reason):
        declared_in(source)


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline\nlr = 0.1  # step size",
        "!echo\nlr = 0.1  # step size",
        "files = !ls\nlr = 0.1  # step size",
        "lr = 0.1  # step size\nlr?",
        "%%time\nlr = 0.1  # step size",
        'text = f"""\n%matplotlib inline\n"""\n%time\nlr = 0.1  # step size',
    ],
)
def test_reads_cells_with_magics(source: str) -> None:
    assert declared_in(source) == [
        Parameter(name="lr", type="float", default=0.1, help="step size"),
    ]


def test_cells_in_another_language_have_no_parameters() -> None:
    assert declared_in("%%bash\nlr=0.1") == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('float("inf")', math.inf),
        ("-float('Infinity')", -math.inf),
        ("math.inf", math.inf),
        ("-np.inf", -math.inf),
        ("1e999", math.inf),
        ("float(1)", 1.0),
    ],
)
def test_infinity_is_a_default(text: str, value: float) -> None:
    assert declared_in(f"limit = {text}") == [Parameter(name="limit", type="float", default=value)]


def test_nan_is_a_default() -> None:
    for text in ('float("nan")', "numpy.nan"):
        (parameter,) = declared_in(f"limit = {text}")
        assert parameter.type == "float"
        assert math.isnan(parameter.default)


def test_ignores_other_calls_and_invalid_annotations() -> None:
    source = 'a = float("many")\nb = int("1")\nc = {[]: 1}\nd: "not a type" = 1\ne = np.pi'
    assert declared_in(source) == [Parameter(name="d", type="int", default=1)]


def test_defaults_of_an_output_are_what_its_run_was_given() -> None:
    again = notebook_with("a = 1  # one\nb = 2", injected="# Parameters\na = float('inf')\nc = 3\n")
    assert read_parameters(again) == [
        Parameter(name="a", type="int", default=math.inf, help="one"),
        Parameter(name="b", type="int", default=2),
        Parameter(name="c", type="int", default=3),
    ]
    # papermill also sets parameters in a notebook that declares none.
    assert read_parameters(notebook_with("", injected="c = (1, 2)")) == [
        Parameter(name="c", type="tuple", default=(1, 2)),
    ]


def test_finds_names_computed_from_parameters_that_are_set() -> None:
    source = """
root = "/data"
path = root + "/x.csv"
paths: list[str] = [path]
other = path.upper()
n = 3
def show():
    return root
"""
    stale = {"path": "root", "paths": "root"}
    assert computed_from(notebook_with(source), ["root", "other"]) == stale
    assert computed_from(notebook_with(source), ["n"]) == {}
    assert computed_from(notebook_with(""), ["n"]) == {}


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("a: Literal['x', 'y'] = 'x'", {"type": "str", "choices": ["x", "y"]}),
        ("a: typing.Literal[1, 'auto', None] = 1",
         {"type": "none", "choices": [1, "auto"], "optional": True}),
        ("a: Optional[int] = 1", {"type": "int", "optional": True}),
        ("a: None | float = None", {"type": "float", "optional": True}),
        ("a: Union[int, float] = 1", {"type": "float"}),
        ("a: int | str = 1", {"type": "none"}),
        ("a: 'tuple[int, ...]' = (1,)", {"type": "tuple"}),
        ("a: Annotated[int, 'x'] = 1", {"type": "int"}),
        ("a: Sequence[int] = [1]", {"type": "list"}),
        ("a = (1, 2)", {"type": "tuple"}),
        ("a = None", {"type": "none", "optional": True}),
        ("a = 1  # type: float the size", {"type": "float", "help": "the size"}),
        ("a = None  # type: Dict[str, int]", {"type": "dict", "optional": True}),
        ("a = 1  # type: ignore", {"type": "int"}),
        ("# Parameters\na = 1", {"type": "int"}),
        ("# The size\n# of it\na = 1", {"type": "int", "help": "The size of it"}),
        ("# Above\na = 1  # behind", {"type": "int", "help": "behind"}),
        ("a = [  # sizes\n  1,\n]", {"type": "list", "help": "sizes"}),
        ("a = 1  # size, 1 to 3",
         {"type": "int", "help": "size, 1 to 3", "minimum": 1, "maximum": 3}),
        ("a = 'x'  # one of x, y",
         {"type": "str", "help": "one of x, y", "choices": ["x", "y"]}),
        ("api_key = ''", {"type": "str", "secret": True}),
        ("token = None", {"type": "none", "optional": True, "secret": True}),
        ("key = 1", {"type": "int", "secret": True}),
        ("key_size = 64", {"type": "int"}),
        ("credentials = {}", {"type": "dict", "secret": True}),
        ("max_tokens = 'all'", {"type": "str"}),
    ],
)  # fmt: skip
def test_reads_what_a_declaration_says(line: str, fields: dict[str, object]) -> None:
    (parameter,) = declared_in(line)
    assert parameter.model_dump(exclude={"name", "default"}, exclude_defaults=True) == fields


def test_a_cell_in_another_language_is_not_read() -> None:
    notebook = notebook_with("lr <- 0.1")
    notebook.metadata["kernelspec"] = {"name": "ir", "language": "R"}
    assert read_parameters(notebook) == []
    assert computed_from(notebook, ["lr"]) == {}


def test_comments_of_the_course_state_no_ranges() -> None:
    """They are prose; a range read from it would reject good values."""
    course = Path(__file__).parents[2] / "notebooks"
    notebooks = sorted(course.glob("*/*.ipynb"))
    assert notebooks
    for path in notebooks:
        for parameter in read_parameters(nbformat.read(path, as_version=4)):
            assert parameter == Parameter(
                name=parameter.name,
                type=parameter.type,
                default=parameter.default,
                help=parameter.help,
            ), path
