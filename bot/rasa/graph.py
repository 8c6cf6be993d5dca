"""Rasa's model graph, run in an order that is found once; dask plans it anew and logs it whole for each message."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from rasa.engine.runner.dask import DaskGraphRunner

Plan = List[Tuple[str, Tuple[str, ...]]]


class InOrder:
    """Has the `run` of a `GraphRunner`, on the nodes of a loaded one."""

    def __init__(self, runner: DaskGraphRunner) -> None:
        self._schema = runner._graph_schema
        self._nodes = runner._instantiated_nodes
        self._plans: Dict[Tuple[str, ...], Plan] = {}

    def run(self, inputs: Dict[str, Any], targets: List[str]) -> Dict[str, Any]:
        key = tuple(targets)
        if key not in self._plans:
            self._plans[key] = self._plan(targets)
        done: Dict[str, Tuple[str, Any]] = {name: (name, value) for name, value in inputs.items()}
        for name, needs in self._plans[key]:
            done[name] = self._nodes[name](*(done[need] for need in needs))
        return {name: done[name][1] for name in targets}

    def _plan(self, targets: List[str]) -> Plan:
        """Every node that the targets need, after those that it needs itself."""
        plan: Dict[str, Tuple[str, ...]] = {}

        def visit(name: str) -> None:
            if name in plan or name not in self._schema.nodes:
                return
            needs = tuple(self._schema.nodes[name].needs.values())
            for need in needs:
                visit(need)
            plan[name] = needs

        for target in targets:
            visit(target)
        return list(plan.items())
