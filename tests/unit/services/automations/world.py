"""A server's automations with what they send recorded, or sent to a receiver on loopback."""

import json
from dataclasses import dataclass, field
from typing import Any

from sweepd import server
from sweepd.domain.automations import (
    ActionType,
    Automation,
    Delivery,
    DeliveryState,
    EventType,
    Integration,
    IntegrationKind,
    ScopeType,
)
from sweepd.domain.projects import Project
from sweepd.domain.runs import Run
from sweepd.domain.targets import read_allowed
from sweepd.domain.users import Caller
from sweepd.services.automations.automations import AutomationChange, Automations
from sweepd.services.automations.delivering import Delivering
from sweepd.services.automations.sending import Mail, NotSent, send
from sweepd.services.automations.telling import Telling
from sweepd.services.runs.runs import RunChange
from sweepd.services.streams.lines import Lines, StreamPost

STATES = '{"run_state_filter": {"states": ["FINISHED"]}}'


@dataclass
class World:
    """One user's automations.

    Attributes:
        answers: What the next tries come to: an answer, or why it did not arrive.
    """

    parts: server.Parts
    caller: Caller
    allowed: str = "*, 127.0.0.1"
    mail: Mail = field(default_factory=Mail)
    sent: list[Delivery] = field(default_factory=list)
    answers: list[NotSent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.services = Automations(
            self.parts.core, read_allowed(self.allowed), self.mail.domains, bool(self.mail.host)
        )
        self.project: Project = self.parts.services.projects.ensure(self.caller, None, "p", None)[0]

    def delivering(self, really: bool = False) -> Delivering:
        """As one process has it."""

        def record(delivery: Delivery, _: Integration) -> str:
            self.sent.append(delivery)
            if self.answers:
                raise self.answers.pop(0)
            return "fine"

        def truly(delivery: Delivery, place: Integration) -> str:
            return send(delivery, place, read_allowed(self.allowed), self.mail)

        return Delivering(
            self.parts.core,
            Telling(self.parts.core, self.parts.blobs),
            truly if really else record,
        )

    def place(
        self,
        target: str = "https://hook.example/x",
        kind: IntegrationKind = IntegrationKind.WEBHOOK,
        **more: str,
    ) -> Integration:
        """An integration, made when there is none of that name."""
        name = more.pop("name", f"{kind} {target}")
        for found in self.services.integrations(self.caller):
            if found.name == name:
                return found
        return self.services.add_integration(self.caller, None, kind, name, target, **more)

    def automation(
        self,
        event: EventType = EventType.RUN_STATE,
        filter: str = STATES,
        place: Integration | None = None,
        name: str = "tell",
        **action: Any,
    ) -> Automation:
        """One that looks at the project."""
        place = place or self.place()
        is_webhook = place.kind is IntegrationKind.WEBHOOK
        kind = ActionType.WEBHOOK if is_webhook else ActionType.NOTIFICATION
        change = AutomationChange(
            name=name,
            scope=(ScopeType.PROJECT, self.project.pk),
            event=event,
            filter=filter,
            action=(kind, place.pk, action),
        )
        return self.services.create(self.caller, change)

    def run(self, run_id: str = "r") -> Run:
        """A run, made when missing."""
        return self.parts.services.runs.upsert(self.caller, None, "p", run_id, RunChange())[0]

    def log(self, run: Run, *rows: dict[str, Any]) -> None:
        """Lines of a run's history, after those it has."""
        now = self.parts.services.runs.get_by_pk(self.caller, run.pk)
        lines = Lines(now.history_lines, [json.dumps(row) for row in rows])
        self.post(run, StreamPost(history=lines))

    def end(self, run: Run, exitcode: int = 0) -> None:
        """The run's client says that it is over."""
        self.post(run, StreamPost(exitcode=exitcode, is_complete=True))

    def post(self, run: Run, post: StreamPost) -> None:
        """What a run's client sends."""
        self.parts.services.history.append(self.caller, run.entity, run.project, run.run_id, post)

    def log_of(self) -> list[Delivery]:
        """All deliveries, the newest first."""
        found = self.services.of_project(self.caller, self.project, everywhere=True)
        return self.services.log(found, 100)

    def states(self) -> list[DeliveryState]:
        """Their states, the oldest first."""
        return [delivery.state for delivery in self.log_of()][::-1]

    def bodies(self) -> list[Any]:
        """What was sent."""
        return [json.loads(delivery.body) for delivery in self.sent]
