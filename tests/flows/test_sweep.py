"""Grids of busy days: on this machine, on a Dask cluster, and when a worker of it is killed."""

from __future__ import annotations

import math
import pickle
import sys
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import psutil
import pytest
from days import external_flow, task_flow

from helpers import connect
from helpers.flows import Exactly, Exponential, Sweep, load_test, sweep
from helpers.flows.busy_day.sweeping import Estimate, covering, estimate, share_covering

FLOWS = (task_flow("As it is"), task_flow("Gives up", integration_timeout=60))
DAY: dict[str, Any] = {
    "arrivals": Exactly(12),
    "hours": 1,
    "handle_time": Exponential(300),
    "patience": Exponential(90),
}
GRID: dict[str, Any] = {"staffing": [1, 2], "seeds": 2, "progress": False, **DAY}


@pytest.fixture(scope="module")
def here() -> Sweep:
    """The grid, simulated in this process."""
    return sweep(FLOWS, jobs=1, **GRID)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A Dask cluster of two processes, each of which simulates one day at a time."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as two,
        distributed.Client(two) as client,
    ):
        yield client


def test_each_cell_holds_what_a_load_test_of_its_own_would_find(here: Sweep) -> None:
    cells = list(here.cells())
    assert [(cell.flow.friendly_name, cell.staffing.label) for cell in cells] == [
        ("As it is", "1"),
        ("As it is", "2"),
        ("Gives up", "1"),
        ("Gives up", "2"),
    ]
    alone = load_test(FLOWS[1], agents=2, seed=2, progress=False, **DAY)
    assert cells[3].summaries[1] == alone.summary


def test_more_agents_and_tasks_that_give_up_both_help(here: Sweep) -> None:
    in_vain = {
        (cell.flow.friendly_name, cell.staffing.label): cell.figure("in_vain").mean
        for cell in here.cells()
    }
    assert in_vain["Gives up", "1"] < in_vain["As it is", "1"]
    assert in_vain["As it is", "2"] < in_vain["As it is", "1"]


def test_several_processes_find_the_same_as_one(here: Sweep) -> None:
    assert sweep(FLOWS, jobs=2, **GRID) == here


@pytest.mark.long
def test_a_dask_cluster_finds_the_same_as_one_process(here: Sweep, cluster: Any) -> None:
    assert sweep(FLOWS, cluster=cluster, **GRID) == here


@pytest.mark.long
def test_a_cluster_can_be_given_by_its_address(here: Sweep, cluster: Any) -> None:
    assert sweep(FLOWS, cluster=cluster.scheduler.address, **GRID) == here


@pytest.mark.long
def test_days_of_a_killed_worker_are_taken_over(here: Sweep, cluster: Any) -> None:
    victims: list[int] = []

    def kill_one(done: float, total: float) -> None:
        if not victims:
            victims.extend(cluster.run(_process_id).values())
            psutil.Process(victims[0]).kill()

    found = sweep(FLOWS, cluster=cluster, **{**GRID, "progress": kill_one})
    assert found == here
    assert not psutil.pid_exists(victims[0]) or psutil.Process(victims[0]).status() == "zombie"


def _process_id() -> int:
    return psutil.Process().pid


@pytest.mark.long
def test_an_account_with_a_past_is_sent_to_other_processes() -> None:
    account = connect()
    account.mock.load("busy afternoon")
    given = {**GRID, "seeds": [1], "account": account}
    assert sweep(FLOWS, jobs=2, **given) == sweep(FLOWS, jobs=1, **given)


def test_without_dask_a_cluster_is_refused_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ModuleNotFoundError, match="pip install 'distributed"):
        sweep(FLOWS, cluster="tcp://127.0.0.1:8786", **GRID)


def test_progress_counts_days() -> None:
    reports: list[tuple[float, float]] = []
    given = {**GRID, "seeds": [5], "progress": lambda *how: reports.append(how)}
    sweep(FLOWS[:1], jobs=1, **given)
    assert reports[-1] == (2, 2)


# -- figures over the seeds


def test_a_figure_has_a_mean_and_students_interval_over_the_seeds() -> None:
    found = estimate([10.0, 12.0, 14.0])
    half = 4.303 * 2 / math.sqrt(3)
    assert found.mean == 12
    assert (found.low, found.high) == pytest.approx((12 - half, 12 + half))


def test_a_single_seed_has_no_interval_and_no_figure_has_no_mean() -> None:
    assert (estimate([3]).mean, estimate([3]).low) == (3, None)
    assert estimate([None, None]).mean is None
    assert estimate([None, 4.0, 6.0]).mean == 5


def test_an_interval_does_not_leave_what_a_figure_can_be(here: Sweep) -> None:
    first = next(here.cells())
    apart = [
        replace(first.summaries[0], service_level=level, wait_mean=wait)
        for level, wait in ((0.0, 393.0), *[(1.0 - 1e-9, 1.0)] * 7, *[(1.0, 0.0)] * 32)
    ]
    cell = replace(first, summaries=tuple(apart))
    level, wait = cell.figure("service_level"), cell.figure("wait_mean")
    assert (level.mean, level.high) == (pytest.approx(0.975), 1.0)
    assert (wait.mean, wait.low) == (10, 0.0)
    assert (level.low or 0) > 0.5
    assert (wait.high or 0) < 400


def test_with_too_few_seeds_there_is_no_interval_but_how_many_it_needs(here: Sweep) -> None:
    first = next(here.cells())
    waits = [(10.0 + number, first.summaries[0]) for number in range(40)]
    enough = [replace(summary, wait_mean=wait) for wait, summary in waits]
    few, many = (replace(first, summaries=tuple(enough[:n])).figure("wait_mean") for n in (39, 40))
    assert (few.mean, few.low, few.high, few.needed) == (29.0, None, None, 40)
    assert (many.mean, many.needed) == (29.5, None)
    assert many.low == pytest.approx(29.5 - 2.023 * math.sqrt(136.67 / 40), abs=0.01)
    assert "no intervals: they need 40 seeds to cover what they say, there are 2" in repr(here)


@pytest.mark.parametrize(("rare", "needed"), [(1, 240), (5, 48), (6, None)])
def test_a_figure_that_nearly_all_days_share_needs_more_seeds(
    rare: int, needed: int | None
) -> None:
    found = covering([4.0] * rare + [0.0] * (40 - rare))
    assert (found.mean, found.needed) == (rare / 10, needed)
    assert (found.low is None) is (needed is not None)
    assert found.interval("abandoned").startswith("needs" if needed else "0.")


def test_how_many_seeds_a_rare_event_needs_is_said_beside_its_mean(here: Sweep) -> None:
    once, never = (replace(here.summaries[0], abandoned=number) for number in (1, 0))
    summaries = (once, *[never] * 39)
    seeds = tuple(range(40))
    found = replace(here, flows=FLOWS[:1], staffing=here.staffing[:1], seeds=seeds)
    assert "0.0 (needs 240 seeds)" in repr(replace(found, summaries=summaries))


def test_days_count_by_their_size_where_a_share_of_customers_is_estimated() -> None:
    random = Random("hours")
    pool = [(sum(random.random() < 0.8 for _ in range(of)), of) for of in range(1, 60)] * 3
    good, everyone = (sum(each) for each in zip(*pool, strict=True))
    samples = [random.choices(pool, k=40) for _ in range(1_000)]
    found = [share_covering(sample) for sample in samples]
    assert found[0].mean == sum(a for a, _ in samples[0]) / sum(b for _, b in samples[0])
    covers = [(one.low or 0) <= good / everyone <= (one.high or 0) for one in found]
    assert 930 <= sum(covers) <= 970
    assert share_covering([(0, 0)] * 40).mean is None
    assert share_covering([(9, 9)] * 40) == Estimate(1.0, seeds=40)
    assert share_covering([(9, 10), *[(9, 9)] * 39]).needed == 240


@pytest.mark.long
def test_the_interval_of_skewed_figures_covers_as_often_as_it_says() -> None:
    random = Random("a pool of days")
    pool = [random.lognormvariate(0, 0.7) for _ in range(10_000)]
    mean = sum(pool) / len(pool)
    samples = [random.choices(pool, k=40) for _ in range(2_000)]
    covered, student = (
        sum((found.low or 0) <= mean <= (found.high or 0) for found in map(how, samples)) / 2_000
        for how in (covering, estimate)
    )
    assert 0.93 <= covered <= 0.97
    assert student < 0.93


def test_a_figure_that_all_days_share_has_no_interval() -> None:
    found = covering([0.1] * 40)
    assert (found.mean, found.low, found.high, found.needed) == (0.1, None, None, None)


def test_cells_are_compared_seed_by_seed() -> None:
    given = {**GRID, "staffing": [1], "seeds": 40, "arrivals": [12]}
    found = sweep(FLOWS, jobs=1, **given)
    one, other = ("As it is", "1"), ("Gives up", "1")
    a, b = (cell.values("in_vain") for cell in found.cells())
    apart = [x - y for x, y in zip(a, b, strict=True) if x is not None and y is not None]
    difference = found.difference("in_vain", one, other)
    assert difference.mean == pytest.approx(sum(apart) / 40)
    assert difference.low is not None
    assert difference.low > 0
    table = found.differences("in_vain")
    assert table.index.tolist() == [other]
    assert table["mean"].tolist() == [pytest.approx(-sum(apart) / 40)]
    with pytest.raises(
        ValueError, match=r"no cell \('As it is', '7'\); there are: \('As it is', '1'\)"
    ):
        found.difference("in_vain", ("As it is", "7"), other)


def test_a_fixed_number_of_customers_is_said_to_vary_less_than_real_days(here: Sweep) -> None:
    assert any("number of customers is fixed" in each for each in here.remarks)


def test_plots_have_units_seeds_and_percent(here: Sweep) -> None:
    [axes] = here.plot("service_level").axes
    assert axes.get_ylabel() == "service level (%)"
    assert axes.get_title() == "mean of 2 seeds each"
    first = next(here.cells()).figure("service_level").mean
    assert first is not None
    assert axes.get_lines()[0].get_ydata()[0] == pytest.approx(100 * first)


@pytest.mark.long
def test_every_day_of_a_sweep_is_played_by_the_engine_that_the_first_seed_allows() -> None:
    quick, slow = (sweep(FLOWS, jobs=1, engine=engine, **GRID) for engine in ("auto", "mock"))
    assert quick == slow
    assert [engine for engine, _ in quick.engines] == ["fast"] * 4
    assert slow.engines == (("mock", "asked for"),) * 4


def test_a_grid_is_shown_as_tables_text_html_and_a_picture(here: Sweep) -> None:
    table = here.table("answered", "wait_mean")
    assert list(table.columns)[:3] == [
        ("answered", "mean"),
        ("answered", "low"),
        ("answered", "high"),
    ]
    assert list(table.index) == [
        ("As it is", "1"),
        ("As it is", "2"),
        ("Gives up", "1"),
        ("Gives up", "2"),
    ]
    days = here.days()
    assert days["seed"].tolist() == [1, 2] * 4
    mean = days[(days["flow"] == "As it is") & (days["agents"] == "1")]["answered"].mean()
    assert table.loc[("As it is", "1"), ("answered", "mean")] == mean
    assert "Gives up" in repr(here)
    assert "Gives up" in here._repr_html_()
    [axes] = here.plot("occupancy").axes
    assert [line.get_label() for line in axes.get_lines()] == ["As it is", "Gives up"]
    assert pickle.loads(pickle.dumps(here)) == here


def test_a_figure_that_no_day_has_is_shown_as_such() -> None:
    found = sweep([external_flow()], jobs=1, **{**GRID, "seeds": [1]})
    assert "none" in repr(found)
    assert found.table("wait_mean").isna().all(axis=None)
    assert len(found.plot().axes) == 1


# -- what makes no sense


@pytest.mark.parametrize(
    ("flows", "changes", "message"),
    [
        ((), {}, "flows: give at least one"),
        (FLOWS, {"staffing": []}, "staffing: give at least one"),
        (FLOWS, {"seeds": 0}, "seeds: give at least one"),
        (FLOWS, {"seeds": [1, 1]}, "seeds: 1 is there twice"),
        (FLOWS, {"staffing": [3, 3]}, "staffing: '3' is there twice"),
        ((FLOWS[0], FLOWS[0]), {}, "flows: 'As it is' is there twice"),
        (FLOWS[0], {}, "flows: give a list, if only of one, not FlexFlowConfig"),
        (("flows.yaml",), {}, "a flow is a FlexFlowConfig, not str"),
        (FLOWS, {"staffing": 3}, "staffing: give a list, if only of one, not int"),
    ],
)
def test_a_grid_that_makes_no_sense_is_refused(
    flows: Any, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        sweep(flows, **{**GRID, **changes})


def test_a_figure_that_does_not_exist_is_refused_with_those_that_do(here: Sweep) -> None:
    with pytest.raises(ValueError, match=r"no figure 'waiting_time'; there are: offered"):
        here.plot("waiting_time")
