"""The workbench: ways into Flex in a file, checked, planned, applied, rehearsed and loaded.

Names are loaded when they are first used, as in `helpers`. No module in here may be called like a
public function: Python would put the module in the function's place when it is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import lazily

if TYPE_CHECKING:
    from .accounts.exporting import export
    from .accounts.ways_in import arguments_for
    from .busy_day.day_file import DayFile, read_day
    from .busy_day.demand import Arrivals, CustomerClass, Exactly, Exponential, Lognormal
    from .busy_day.load_testing import Interrupted, load_test
    from .busy_day.result import LoadTest
    from .busy_day.sizing import StaffPlan, staff
    from .busy_day.staffing import Shift, Staffing
    from .busy_day.sweeping import Sweep, sweep
    from .busy_day.what_if import WhatIf
    from .checks import CHECKS, Finding, Report, check
    from .errors import FlowProblem
    from .file.config import FlexFlowConfig, Integration
    from .file.conversations import (
        AddressConfig,
        AutoCreation,
        Creation,
        CustomChatConfig,
        OwnInteraction,
    )
    from .file.flow_file import FlowFile
    from .file.reading import load
    from .form.model import FlowFormModel
    from .form.widget import FlowForm
    from .importing.sources import Imported, import_from
    from .plans.applying import Applied, ApplyStopped
    from .plans.planning import Plan, plan
    from .plans.saving import save, saved_plan
    from .plans.trying import trial
    from .rehearsal.comparison import Comparison, Comparisons, compare
    from .rehearsal.draft import StudioDraft
    from .rehearsal.outcome import Rehearsal
    from .rehearsal.rehearse import rehearse
    from .rehearsal.script import SCRIPTS, Script, ScriptProblem

__all__ = [
    "CHECKS",
    "SCRIPTS",
    "AddressConfig",
    "Applied",
    "ApplyStopped",
    "Arrivals",
    "AutoCreation",
    "Comparison",
    "Comparisons",
    "Creation",
    "CustomChatConfig",
    "CustomerClass",
    "DayFile",
    "Exactly",
    "Exponential",
    "Finding",
    "FlexFlowConfig",
    "FlowFile",
    "FlowForm",
    "FlowFormModel",
    "FlowProblem",
    "Imported",
    "Integration",
    "Interrupted",
    "LoadTest",
    "Lognormal",
    "OwnInteraction",
    "Plan",
    "Rehearsal",
    "Report",
    "Script",
    "ScriptProblem",
    "Shift",
    "StaffPlan",
    "Staffing",
    "StudioDraft",
    "Sweep",
    "WhatIf",
    "arguments_for",
    "check",
    "compare",
    "export",
    "import_from",
    "load",
    "load_test",
    "plan",
    "read_day",
    "rehearse",
    "save",
    "saved_plan",
    "staff",
    "sweep",
    "trial",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__)
