"""Linear and mixed-integer programs, solved by HiGHS: to maximise, in one thread and one order, so that equal programs
have equal solutions.
"""

from collections.abc import Iterable
from typing import NamedTuple

import highspy
import numpy as np

INFINITE = np.inf
EXACT = {"threads": 1, "mip_abs_gap": 1e-7}
# What costs more than it saves with programs of this size
SLOW = {"mip_heuristic_run_rins": False, "mip_heuristic_run_rens": False, "mip_heuristic_run_feasibility_jump": False,
        "mip_detect_symmetry": False, "mip_allow_restart": False}
KINDS = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)


class Solution(NamedTuple):
    """Values of the columns; and of the rows, by how much the best would be better for each unit that one allows
    more (of linear programs alone).
    """

    values: list[float]
    prices: list[float]
    best: float
    bound: float  # which no solution exceeds


class Program:
    """Columns, each with what a unit of it gains; and rows, each with the least and the most of a sum of columns."""

    def __init__(self) -> None:
        self._gains: list[float] = []
        self._lowest: list[float] = []
        self._highest: list[float] = []
        self._whole: list[bool] = []
        self._rows: list[tuple[float, float, list[int], list[float]]] = []

    def column(self, gain: float, highest: float, whole: bool = False, lowest: float = 0.0) -> int:
        """Its place."""
        self._gains.append(gain)
        self._highest.append(highest)
        self._lowest.append(lowest)
        self._whole.append(whole)
        return len(self._gains) - 1

    def row(self, lowest: float, highest: float, factors: Iterable[tuple[int, float]]) -> int:
        """Of pairs of a column's place and its factor."""
        pairs = list(factors)
        self._rows.append((lowest, highest, [place for place, _ in pairs], [factor for _, factor in pairs]))
        return len(self._rows) - 1

    def solve(self, gap: float = 0.0, nodes: int | None = None) -> Solution | None:
        """The best, or within this share of it, or of what was found in so many nodes; None where there is none."""
        solver = _solver({**EXACT, **SLOW, "mip_rel_gap": gap, **({} if nodes is None else {"mip_max_nodes": nodes})})
        solver.passModel(self._model())
        solver.run()
        status = solver.getModelStatus()
        found = solver.getSolution()
        limited = status == highspy.HighsModelStatus.kSolutionLimit
        if not (status == highspy.HighsModelStatus.kOptimal or (limited and found.value_valid)):
            return None
        best = solver.getInfo().objective_function_value
        return Solution(list(found.col_value), [float(each) for each in found.row_dual], best,
                        solver.getInfo().mip_dual_bound if any(self._whole) else best)

    def _model(self) -> highspy.HighsLp:
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self._gains), len(self._rows)
        model.sense_ = highspy.ObjSense.kMaximize
        model.col_cost_ = np.array(self._gains)
        model.col_lower_, model.col_upper_ = np.array(self._lowest), np.array(self._highest)
        model.row_lower_ = np.array([row[0] for row in self._rows])
        model.row_upper_ = np.array([row[1] for row in self._rows])
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.cumsum([0, *(len(row[2]) for row in self._rows)], dtype=np.int32)
        model.a_matrix_.index_ = np.array([place for row in self._rows for place in row[2]], dtype=np.int32)
        model.a_matrix_.value_ = np.array([factor for row in self._rows for factor in row[3]], dtype=np.double)
        if any(self._whole):
            model.integrality_ = [KINDS[whole] for whole in self._whole]
        return model


def _solver(options: dict[str, bool | int | float]) -> highspy._core._Highs:
    quiet = highspy.HighsOptions()
    quiet.output_flag = False
    solver = highspy._core._Highs()  # highspy.Highs prints a banner before it can be told not to
    solver.passOptions(quiet)
    for option, value in options.items():
        solver.setOptionValue(option, value)
    return solver
