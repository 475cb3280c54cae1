"""The check of notebook 10: every way to lose a point is named, none gives the answer away."""

import pytest

from energykit.exercises import check_collect


def row(point, run):
    try:
        return {"point": point, "value": run(point), "error": None}
    except (ConnectionError, ValueError) as error:
        return {
            "point": point,
            "value": None,
            "error": str(error),
            "lost": isinstance(error, ConnectionError),
        }


def collect(run, points, executor, attempts):
    rows = [future.result() for future in [executor.submit(row, point, run) for point in points]]
    for _ in range(attempts - 1):
        for at, one in enumerate(rows):
            if one.get("lost"):
                rows[at] = executor.submit(row, one["point"], run).result()
    return rows


def test_a_row_for_each_point_is_right():
    assert check_collect(collect, seed=1)


def stops_at_the_first(run, points, executor, attempts):
    return [
        {"point": one, "value": executor.submit(run, one).result(), "error": None} for one in points
    ]


def never_again(run, points, executor, attempts):
    return collect(run, points, executor, 1)


def loses(run, points, executor, attempts):
    return [one for one in collect(run, points, executor, attempts) if one["error"] is None]


def always_again(run, points, executor, attempts):
    for point in points:
        for _ in range(attempts):
            executor.submit(row, point, run).result()
    return collect(run, points, executor, attempts)


def backwards(run, points, executor, attempts):
    return collect(run, points, executor, attempts)[::-1]


def alone(run, points, executor, attempts):
    return [row(point, run) for point in points]


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        (stops_at_the_first, "collect raised "),
        (never_again, "after 1 calls"),
        (loses, "rows: ["),
        (always_again, "was run "),
        (backwards, "the rows stand in the order"),
        (alone, "nothing ran on the executor"),
        (
            lambda run, points, executor, attempts: executor.submit(run, 0) and None,
            "collect returned NoneType",
        ),
        (lambda run, points, executor, attempts: [{}], "nothing ran on the executor"),
        (
            lambda run, points, executor, attempts: [executor.submit(run, points[0]) and {}],
            "a row lacks 'point'",
        ),
        ([1], "collect is [1], not a function"),
    ],
)
@pytest.mark.parametrize("seed", [0, 5])
def test_a_wrong_one_is_refused_with_what_went_wrong(answer, part, seed):
    verdict = check_collect(answer, seed=seed)
    assert not verdict
    assert part in verdict.text
    assert verdict.hint
