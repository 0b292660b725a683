from itertools import product as combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.strategies import some
from visualizer_core.domain.matching.assignment import (
    CROWDING,
    Problem,
    assign,
    balanced,
    crowding_cost,
    leaning_cost,
)


@st.composite
def problems(
    draw: st.DrawFn, *, spread: bool, products_most: int = 6, scenes_most: int = 3
) -> Problem:
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    products, scenes = draw(st.integers(1, products_most)), draw(st.integers(1, scenes_most))
    value = np.round(rng.random((products, scenes)), draw(st.sampled_from([1, 6])))
    allowed = rng.random((products, scenes)) < draw(st.sampled_from([0.5, 1.0]))
    allowed[np.arange(products), rng.integers(0, scenes, products)] = True
    return Problem(
        value=value,
        allowed=allowed,
        group=rng.integers(-1, draw(st.sampled_from([2, 6])), products)
        if spread
        else np.full(products, -1),
        fixed=np.where(rng.random(products) < 0.2, rng.integers(0, scenes, products), -1),
        capacity=draw(st.integers(1, products)),
    )


def loads(problem: Problem, at: np.ndarray) -> np.ndarray:
    return np.bincount(at, minlength=problem.value.shape[1])


def every_way(problem: Problem) -> list[np.ndarray]:
    """Each assignment that keeps what is fixed and uses only what is allowed."""
    choices = [
        [int(chosen)] if chosen >= 0 else np.flatnonzero(row).tolist()
        for chosen, row in zip(problem.fixed, problem.allowed, strict=True)
    ]
    return [np.array(way) for way in combinations(*choices)]


def total(problem: Problem, at: np.ndarray) -> float:
    return float(problem.value[np.arange(len(at)), at].sum())


def crowding(problem: Problem, at: np.ndarray) -> float:
    even = float(np.ceil(len(at) / problem.value.shape[1]))
    cost = float(leaning_cost(loads(problem, at).astype(float), even).sum())
    for group in set(problem.group.tolist()) - {-1}:
        members = problem.group == group
        fair = np.ceil(members.sum() / max(problem.allowed[members].any(axis=0).sum(), 1))
        count = np.bincount(at[members], minlength=problem.value.shape[1]).astype(float)
        cost += float(crowding_cost(count, fair).sum())
    return cost


@settings(max_examples=300, deadline=None)
@given(problems(spread=False))
def test_the_sum_is_the_best_there_is_under_the_capacity(problem: Problem) -> None:
    found = balanced(problem)
    within = [way for way in every_way(problem) if (loads(problem, way) <= problem.capacity).all()]
    if within:
        assert (loads(problem, found) <= problem.capacity).all()
        assert total(problem, found) >= max(total(problem, way) for way in within) - 1e-5


@some
@given(problems(spread=True))
def test_nobody_goes_where_it_is_not_allowed_and_what_is_fixed_stays(problem: Problem) -> None:
    found = assign(problem)

    free = problem.fixed < 0
    assert problem.allowed[free, found[free]].all()
    assert (found[~free] == problem.fixed[~free]).all()


@settings(max_examples=100, deadline=None)
@given(problems(spread=True, products_most=60, scenes_most=6))
def test_spreading_never_overfills_a_scene(problem: Problem) -> None:
    spread, before = loads(problem, assign(problem)), loads(problem, balanced(problem))

    assert (spread <= np.maximum(before, problem.capacity)).all()


@settings(max_examples=100, deadline=None)
@given(problems(spread=True, products_most=60, scenes_most=6))
def test_spreading_raises_the_sum_or_leaves_it(problem: Problem) -> None:
    before, after = balanced(problem), assign(problem)

    assert total(problem, after) - crowding(problem, after) >= (
        total(problem, before) - crowding(problem, before) - 1e-9
    )


@some
@given(problems(spread=True))
def test_spreading_comes_close_to_the_best_there_is(problem: Problem) -> None:
    found = assign(problem)
    room = np.maximum(problem.capacity, loads(problem, found))
    best = max(
        total(problem, way) - crowding(problem, way)
        for way in every_way(problem)
        if (loads(problem, way) <= room).all()
    )

    # Exchanges of two can miss a better cycle of three: a step or two of crowding at most.
    assert total(problem, found) - crowding(problem, found) >= best - 2 * CROWDING


def problem_of(value: list[list[float]], *, group: list[int], capacity: int) -> Problem:
    scores = np.array(value)
    return Problem(
        value=scores,
        allowed=np.ones(scores.shape, dtype=bool),
        group=np.array(group),
        fixed=np.full(len(scores), -1),
        capacity=capacity,
    )


def test_equal_chairs_spread_although_one_scene_is_a_little_better() -> None:
    chairs = problem_of([[0.8, 0.78, 0.77]] * 3, group=[0, 0, 0], capacity=3)

    assert sorted(assign(chairs).tolist()) == [0, 1, 2]


def test_chairs_stay_together_where_the_other_scenes_are_much_worse() -> None:
    chairs = problem_of([[0.9, 0.4, 0.3]] * 3, group=[0, 0, 0], capacity=3)

    assert assign(chairs).tolist() == [0, 0, 0]


def test_a_full_scene_exchanges_products_of_two_groups() -> None:
    value = [[0.9, 0.88], [0.9, 0.88], [0.88, 0.9], [0.88, 0.9]]
    two_and_two = problem_of(value, group=[0, 0, 1, 1], capacity=2)

    at = assign(two_and_two)

    assert sorted(at[:2].tolist()) == sorted(at[2:].tolist()) == [0, 1]


def test_scenes_that_score_nearly_the_same_are_all_used() -> None:
    alike = problem_of([[0.82, 0.815, 0.81]] * 9, group=[-1] * 9, capacity=5)

    assert loads(alike, assign(alike)).tolist() == [3, 3, 3]


def test_scenes_that_must_take_more_share_it_evenly() -> None:
    products = 9
    value = np.tile([0.9, 0.89, 0.1], (products, 1))
    allowed = np.tile([True, True, False], (products, 1))
    must = Problem(
        value=value,
        allowed=allowed,
        group=np.full(products, -1),
        fixed=np.full(products, -1),
        capacity=3,
    )

    assert sorted(loads(must, assign(must)).tolist()) == [0, 4, 5]


def test_one_crowd_does_not_lift_the_capacity_of_other_scenes() -> None:
    # Ten products can only be in scene 0; four others prefer scene 1 but may be in 2.
    allowed = np.array([[True, False, False]] * 10 + [[False, True, True]] * 4)
    value = np.array([[0.9, 0, 0]] * 10 + [[0, 0.9, 0.5]] * 4)
    crowd = Problem(
        value=value,
        allowed=allowed,
        group=np.full(14, -1),
        fixed=np.full(14, -1),
        capacity=2,
    )

    assert loads(crowd, assign(crowd)).tolist() == [10, 2, 2]
