"""Which product goes into which scene: best total score, balanced, spread within a group.

First the optimal assignment under the capacity (a transport problem, solved exactly); then moves
and exchanges that spread each group, and lightly all products, over the scenes as long as the sum
of scores and spread rises. Both steps are deterministic.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["CROWDING", "Problem", "assign", "balanced", "crowding_cost", "leaning_cost"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]
Wholes = NDArray[np.int64]

CROWDING = 0.05
"""What the second product of a group above its fair share in a scene costs; the third twice that.

Small against the step from a fitting room to a wrong one, large against taste.
"""

_LEANING = 0.06
# What the products of one scene above the even share cost, per even share: at the capacity (half a
# share above) the last one costs 0.03. Decides between scenes that score nearly the same.

_UNITS = 1_000_000  # scores have six places
_FORBIDDEN = 10**15  # more than all the scores of a collection together
_MAX_ROUNDS = 200  # each raises the sum, so they end by themselves; 500 products take about 30
_LEAST_GAIN = 1e-7


@dataclass(frozen=True, slots=True)
class Problem:
    """What to assign.

    Parameters
    ----------
    value : (n, m) array
        Score of every pair, 0-1.
    allowed : (n, m) array of bool
        At least one True in every row.
    group : (n,) array of int
        Products of one group are to be spread; -1 for those of no group.
    fixed : (n,) array of int
        Scene a person chose, or -1.
    capacity : int
        How many products one scene may take unless it must take more.
    """

    value: Floats
    allowed: Bools
    group: Ints
    fixed: Ints
    capacity: int


def assign(problem: Problem) -> Ints:
    """Scene of every product, (n,) indices."""
    scene = balanced(problem)
    free = np.flatnonzero(problem.fixed < 0)
    if free.size:
        fair = _fair_shares(problem)
        for _ in range(_MAX_ROUNDS):
            if not _Round(problem, scene, free, fair).improve():
                break
    return scene


# --- balance ------------------------------------------------------------------------------------


def balanced(problem: Problem) -> Ints:
    """The best sum of scores under the capacity alone, (n,) indices.

    Everyone starts in the scene they like best; then overfull scenes give products away, one at a
    time along the cheapest chain of exchanges, which keeps the sum optimal (successive shortest
    paths). Where no chain ends in a scene with room, the scenes of those chains must take more:
    their common load, evenly.
    """
    cost = np.rint(-problem.value * _UNITS).astype(np.int64)
    cost[~problem.allowed] = _FORBIDDEN
    scene = np.where(problem.fixed < 0, np.argmin(cost, axis=1), problem.fixed)
    load = np.bincount(scene, minlength=cost.shape[1])
    room = np.full_like(load, problem.capacity)
    room = np.maximum(room, np.bincount(problem.fixed[problem.fixed >= 0], minlength=len(load)))
    chains = _Chains(cost, scene, np.flatnonzero(problem.fixed < 0))
    while (load > room).any():
        source = int(np.argmax(load - room))
        chain = chains.cheapest(source, load < room)
        if chain:
            chains.shift(chain)
            load[source] -= 1
            load[chain[-1]] += 1
        else:
            stuck = chains.reached
            room[stuck] = np.maximum(room[stuck], -(-load[stuck].sum() // stuck.sum()))
    return scene


class _Chains:
    """What it costs to hand one product from scene to scene to scene.

    Costs are whole numbers: with fractions, a chain that costs nothing could seem to gain
    something, and be walked in circles.
    """

    def __init__(self, cost: Wholes, scene: Ints, free: Ints) -> None:
        self._cost, self._scene, self._free = cost, scene, free
        scenes = cost.shape[1]
        self._step = np.full((scenes, scenes), _FORBIDDEN)
        self._who = np.zeros((scenes, scenes), dtype=np.intp)
        self.reached = np.zeros(scenes, dtype=np.bool_)
        for at in range(scenes):
            self._refresh(at)

    def _refresh(self, at: int) -> None:
        """The cheapest product to hand from scene `at` to each other scene."""
        members = self._free[self._scene[self._free] == at]
        self._step[at] = _FORBIDDEN
        if members.size:
            step = self._cost[members] - self._cost[members, at][:, None]
            best = np.argmin(step, axis=0)
            self._who[at] = members[best]
            self._step[at] = np.minimum(step[best, np.arange(step.shape[1])], _FORBIDDEN)
            self._step[at, at] = _FORBIDDEN

    def cheapest(self, source: int, has_room: Bools) -> list[int]:
        """Scenes of the cheapest chain from `source` to one with room; empty when there is none.

        Bellman and Ford's relaxation, all edges at once; `reached` tells where chains lead.
        """
        scenes = len(has_room)
        distance = np.full(scenes, _FORBIDDEN)
        distance[source] = 0
        before = np.full(scenes, -1)
        for _ in range(scenes):
            through = distance[:, None] + self._step
            best = np.argmin(through, axis=0)
            shorter = through[best, np.arange(scenes)]
            better = (shorter < distance) & (shorter < _FORBIDDEN // 2)
            if not better.any():
                break
            distance[better] = shorter[better]
            before[better] = best[better]
        self.reached = distance < _FORBIDDEN
        ends = np.flatnonzero(has_room & self.reached)
        if not ends.size:
            return []
        chain = [int(ends[np.argmin(distance[ends])])]
        while chain[-1] != source:
            chain.append(int(before[chain[-1]]))
        return chain[::-1]

    def shift(self, chain: list[int]) -> None:
        """Hand one product along."""
        movers = [int(self._who[giver, taker]) for giver, taker in pairwise(chain)]
        for mover, taker in zip(movers, chain[1:], strict=True):
            self._scene[mover] = taker
        for at in chain:
            self._refresh(at)


# --- spread -------------------------------------------------------------------------------------


def crowding_cost(count: Floats, fair: Floats) -> Floats:
    """What `count` products of a group in one scene cost when `fair` are their fair share."""
    above = np.maximum(count - fair, 0.0)
    return CROWDING * above * (above + 1) / 2


def leaning_cost(load: Floats, even: float) -> Floats:
    """What `load` products in one scene cost when `even` are its even share."""
    above = np.maximum(load - even, 0.0)
    return _LEANING / even * above * (above + 1) / 2


def _fair_shares(problem: Problem) -> Floats:
    """Per group: its products divided by the scenes open to any of them, rounded up."""
    groups = int(problem.group.max()) + 1
    sizes = np.bincount(problem.group[problem.group >= 0], minlength=groups).astype(np.float64)
    open_to = np.array(
        [problem.allowed[problem.group == group].any(axis=0).sum() for group in range(groups)]
    )
    return np.ceil(sizes / np.maximum(open_to, 1)).astype(np.float64)


_Mover = tuple[int, int, int]  # group, from scene, to scene


class _Round:
    """The best exchanges of one moment; those applied share no count, so that gains add up."""

    def __init__(self, problem: Problem, scene: Ints, free: Ints, fair: Floats) -> None:
        self.problem = problem
        self.scene = scene
        self.scenes = problem.value.shape[1]
        self.load = np.bincount(scene, minlength=self.scenes)
        # The last group stands for the products of no group: never crowded.
        self.groups = len(fair) + 1
        group = np.where(problem.group < 0, self.groups - 1, problem.group)
        count = np.zeros((self.groups, self.scenes))
        np.add.at(count, (group, scene), 1.0)
        share = np.append(fair, np.inf)[:, None]
        now = np.where(np.isinf(share), 0.0, crowding_cost(count, share))
        leave = now - np.where(np.isinf(share), 0.0, crowding_cost(np.maximum(count - 1, 0), share))
        enter = np.where(np.isinf(share), 0.0, crowding_cost(count + 1, share)) - now
        self._best_moves(free, group, leave, enter)
        load = self.load.astype(np.float64)
        even = float(np.ceil(len(scene) / self.scenes))
        lean = leaning_cost(load, even)
        relief = lean - leaning_cost(np.maximum(load - 1, 0), even)
        self.leaning = relief[:, None] - (leaning_cost(load + 1, even) - lean)[None, :]

    def _best_moves(self, free: Ints, group: Ints, leave: Floats, enter: Floats) -> None:
        """Per (group, from, to) the gain of the best single move, and whose it is."""
        own, at = group[free], self.scene[free]
        value = self.problem.value[free]
        gain = value - value[np.arange(len(free)), at][:, None]
        gain += leave[own, at][:, None] - enter[own]
        gain[~self.problem.allowed[free]] = -np.inf
        gain[np.arange(len(free)), at] = -np.inf
        key = own * self.scenes + at
        order = np.argsort(key, kind="stable")
        starts = np.flatnonzero(np.diff(key[order], prepend=-1))
        flat = np.full((self.groups * self.scenes, self.scenes), -np.inf)
        flat[key[order][starts]] = np.maximum.reduceat(gain[order], starts, axis=0)
        self.gain = flat.reshape(self.groups, self.scenes, self.scenes)
        self._free, self._key, self._gain = free, key, gain

    def improve(self) -> bool:
        """Apply what helps; False when nothing does."""
        touched: set[tuple[int, int]] = set()
        for _, movers in self._candidates():
            ends = {(group, at) for group, source, target in movers for at in (source, target)}
            full = False
            if len(movers) == 1:  # a move changes how full the scenes are, an exchange does not
                _, source, target = movers[0]
                ends |= {(self.groups, source), (self.groups, target)}
                full = bool(self.load[target] >= self.problem.capacity)
            if not full and not ends & touched:
                for mover in movers:
                    self._move(*mover)
                touched |= ends
        return bool(touched)

    def _candidates(self) -> list[tuple[float, tuple[_Mover, ...]]]:
        """Moves and exchanges that raise the sum, best first.

        Of every pair of scenes only the two best groups each way are looked at. The gain of an
        exchange within a group is understated, as its counts do not change: it never misleads.
        """
        ranked = np.argsort(-self.gain, axis=0, kind="stable")[:2]
        top = np.take_along_axis(self.gain, ranked, axis=0)
        found: list[tuple[float, tuple[_Mover, ...]]] = []
        moving = top[0] + self.leaning
        for source, target in np.argwhere(moving >= _LEAST_GAIN).tolist():
            mover = (int(ranked[0, source, target]), source, target)
            found.append((float(moving[source, target]), (mover,)))
        for there, gain_there in zip(ranked, top, strict=True):
            for back, gain_back in zip(ranked, top, strict=True):
                gain = gain_there + gain_back.T
                for source, target in np.argwhere(np.triu(gain >= _LEAST_GAIN)).tolist():
                    movers = (
                        (int(there[source, target]), source, target),
                        (int(back[target, source]), target, source),
                    )
                    found.append((float(gain[source, target]), movers))
        return sorted(found, key=lambda entry: (-entry[0], entry[1]))

    def _move(self, group: int, source: int, target: int) -> None:
        rows = np.flatnonzero(self._key == group * self.scenes + source)
        row = rows[np.argmax(self._gain[rows, target])]
        self.scene[self._free[row]] = target
        self.load[source] -= 1
        self.load[target] += 1
