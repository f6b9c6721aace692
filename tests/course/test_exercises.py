import time

import pytest

from paddle_workbench.contract import ExerciseResult
from paddle_workbench.course.exercises import ExerciseSet
from paddle_workbench.errors import ExerciseNotFoundError, LessonNotFoundError

pytestmark = pytest.mark.usefixtures("small_course")


@pytest.fixture
def exercises() -> ExerciseSet:
    return ExerciseSet("basics/sums")


def test_solution_passes_with_all_points(exercises: ExerciseSet) -> None:
    result = exercises.examine("double", lambda x: 2 * x)
    assert result.passed
    assert result.points == result.max_points == 2


def test_recognised_mistake_has_a_hint(exercises: ExerciseSet) -> None:
    result = exercises.examine("double", lambda x: x * x)
    assert (result.mistake, result.points) == ("squares", 0)
    assert result.message.zh == "这是平方。"
    assert (result.expected, result.found) == ("6", "9")


def test_recognises_blank_answer(exercises: ExerciseSet) -> None:
    def blank(x: float) -> float:
        raise NotImplementedError

    assert exercises.examine("double", blank).mistake == "blank"


def test_reports_error_of_the_answer(exercises: ExerciseSet) -> None:
    result = exercises.examine("double", lambda x: 1 / 0)
    assert result.mistake == "raises"
    assert "ZeroDivisionError: division by zero" in result.message.en


def test_answer_that_exits_does_not_end_the_kernel(exercises: ExerciseSet) -> None:
    def leave(x: float) -> float:
        raise SystemExit(3)

    result = exercises.examine("double", leave)
    assert result.mistake == "raises"
    assert "SystemExit" in result.message.en


def test_stops_endless_answer(exercises: ExerciseSet) -> None:
    def endless(x: float) -> float:
        while True:
            pass

    result = exercises.examine("double", endless)
    assert result.mistake == "too_slow"
    assert "1 s" in result.message.en


def test_stops_endless_answer_that_catches_exceptions(exercises: ExerciseSet) -> None:
    def endless(x: float) -> float:
        while True:
            try:
                time.sleep(0.01)
            except Exception:  # what a learner might write
                continue

    assert exercises.examine("double", endless).mistake == "too_slow"


def test_shows_solution_after_the_third_failure(exercises: ExerciseSet) -> None:
    solutions = [exercises.examine("double", lambda x: x).solution for _ in range(3)]
    assert solutions == [None, None, "def double(x):\n    return 2 * x"]


def test_error_for_unknown_exercise_lists_the_existing_ones(exercises: ExerciseSet) -> None:
    with pytest.raises(ExerciseNotFoundError, match="double, half"):
        exercises.examine("triple", 3)


def test_error_for_unknown_lesson_lists_the_existing_ones() -> None:
    with pytest.raises(LessonNotFoundError, match="basics/sums"):
        ExerciseSet("basics/nothing")


def test_check_shows_the_result_and_returns_the_points(
    exercises: ExerciseSet, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    try:
        with shell.display_trap:
            shell.display_pub.publish = lambda data, **_: bundles.append(data)
            bundles: list[dict[str, object]] = []
            assert exercises.check("half", lambda x: x) == 0
    finally:
        InteractiveShell.clear_instance()
    result = ExerciseResult.model_validate(
        bundles[0]["application/vnd.paddle-workbench.exercise+json"]
    )
    assert result.mistake == "wrong"
    assert bundles[0]["text/plain"] == "✗ half: 不是一半。\n应为: 1.5\n得到: 3"


def test_attempts_add_up_across_calls() -> None:
    from paddle_workbench import exercises

    results = [exercises("basics/sums").examine("half", lambda x: x) for _ in range(3)]
    assert [result.attempts for result in results] == [1, 2, 3]
