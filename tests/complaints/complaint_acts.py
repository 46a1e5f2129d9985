"""What may happen in a complaint: the rules by which its verbs are tried, whoever does them.

What a move still lacks is told here once more, apart from the workflow, so that a requirement that
is lost there is missed. Every run starts somewhere on the way, and prefers what leads on.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from crmkit.cases import ITIL_3X3, StateGroup
from crmkit.complaints import COMPLAINT_CODEC, EXAMPLE_ROUTING, WORKFLOW, Complaint, Stage
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.kernel import Explanation
from crmkit.testing import NINE, a_complaint

from ..cases.acts import MINUTES, CaseMachine


JUDGED: Final = {"impact": "single", "urgency": "soon", "safety": False, "matrix": ITIL_3X3}
MOVES: Final[dict[Stage, tuple[str, dict[str, Any]]]] = {
    Stage.ACKNOWLEDGED: ("acknowledge", {}),
    Stage.ASSESSED: ("assess", JUDGED),
    Stage.ROUTED: ("route", {"routing": EXAMPLE_ROUTING}),
    Stage.INVESTIGATED: ("investigate", {"cause": "seal"}),
    Stage.RESPONDED: ("respond", {}),
    Stage.COMMUNICATED: ("communicate", {}),
    Stage.CLOSED: ("close", {}),
    Stage.ESCALATED: ("escalate", {}),
    Stage.REFERRED: ("refer", {"body": "court"}),
    Stage.WITHDRAWN: ("withdraw", {}),
    Stage.REOPENED: ("reopen", {}),
    Stage.DUPLICATE: ("mark_duplicate", {"of": "K-0"}),
}
"""The verb that leads to a stage without a word from the customer."""

LEAVING: Final = (Stage.WITHDRAWN, Stage.DUPLICATE)
ENDED: Final = (Stage.CLOSED, *LEAVING)
ANSWERED: Final = (Stage.RESPONDED, Stage.COMMUNICATED)
WAY: Final = (
    Stage.RECEIVED,
    Stage.ACKNOWLEDGED,
    Stage.ASSESSED,
    Stage.ROUTED,
    Stage.INVESTIGATED,
    Stage.RESPONDED,
    Stage.COMMUNICATED,
    Stage.ACCEPTED,
    Stage.CLOSED,
    Stage.REOPENED,
)
"""How a complaint goes where nothing comes in between."""
STARTS: Final = (
    *WAY,
    Stage.RESPONDED,
    Stage.COMMUNICATED,
    Stage.ACCEPTED,
    Stage.ACCEPTED,
    Stage.CLOSED,
    Stage.REFERRED,
)
"""Where a run starts: more often than not with an answer."""

PICKS: Final = st.integers(0, 59)
SELDOM: Final = st.sampled_from((*(False,) * 7, True))
REMEDIES: Final = st.lists(st.sampled_from(["refund", "apology"]), max_size=2)
ACTIONS: Final = st.sampled_from(["A-1", "A-2", "A-3", "A-4"])
TRIES: Final = st.integers(0, 2)


class ComplaintMachine(CaseMachine):
    """Any verb at any time is allowed by the table, or refused; those of every case too.

    What is outstanding the machine remembers by itself, to hold every move against it.
    """

    case: Complaint

    @initialize(
        to=st.sampled_from(STARTS),
        skipped=st.sets(st.sampled_from([Stage.ASSESSED, Stage.ROUTED, Stage.COMMUNICATED])),
        remedies=REMEDIES,
        actions=st.sets(ACTIONS, max_size=1),
        tries=TRIES,
    )
    def start_on_the_way(
        self,
        to: Stage,
        skipped: set[Stage],
        remedies: list[str],
        actions: set[str],
        tries: int,
    ) -> None:
        self.now = NINE
        self.owed = self.tries = 0
        self.is_refused = False
        self.awaited: set[str] = set()
        self.linked: set[str] = set()
        self.heard: list[str] = []
        self.tried: set[datetime] = set()
        self.is_confirmed = True
        self.is_found = self.is_exempt = self.is_decided = self.is_back = False
        self.seen: dict[int, tuple[Stage, StateGroup]] = {}
        self.case = self.received()
        first = WAY[1 : WAY.index(to if to in WAY else Stage.COMMUNICATED) + 1]
        for stage in first if to in WAY else (*first, to):
            self.every_beginning_of_its_trail_leads_to_where_it_was()
            if stage is Stage.RESPONDED:
                self.answer(remedies)
                self.plan_calls(0, tries)
                for action in sorted(actions):
                    self.link_action(0, action)
            elif stage not in skipped:
                self.lead_to(stage)

    def received(self) -> Complaint:
        return a_complaint()

    def lead_to(self, stage: Stage) -> None:
        """Take the next step of the way, with what it asks for."""
        if stage is Stage.INVESTIGATED and not self.is_confirmed:
            self.confirm(0)
        if stage is Stage.ACCEPTED:
            self.accept(0)
        elif stage is not self.case.stage:
            if stage is Stage.CLOSED:
                self.put_right()
            self.go(stage, 10)

    def put_right(self) -> None:
        """Do whatever is outstanding."""
        if self.owed:
            self.discharge(10, None, is_waived=False)
        for action in sorted(self.awaited):
            self.prove(action, self.later(10))
        if self.tries and not self.calls_settle:
            self.follow_up(10, "satisfied")

    @property
    def calls_settle(self) -> bool:
        return "satisfied" in self.heard or 0 < self.tries <= len(self.tried)

    def lacking(self, to: Stage) -> set[str]:
        """Tell what a move that the table has still asks for: our word against the table's."""
        stage, is_closing = self.case.stage, to is Stage.CLOSED
        is_answered, is_referred = stage in ANSWERED, stage is Stage.REFERRED
        is_anew = stage in (Stage.INVESTIGATED, *ANSWERED, Stage.ACCEPTED)
        is_work = to in (Stage.INVESTIGATED, Stage.RESPONDED) and not is_anew
        is_known = self.is_found or self.is_exempt
        asked = {
            # Where the customer sent it back, too: his word is no investigation.
            "it is neither investigated nor exempt from it": (
                to is Stage.RESPONDED and not is_known
            ),
            "the department responsible has not confirmed that it is": (
                is_work and not self.is_confirmed
            ),
            "the customer has not rejected the answer": to is Stage.INVESTIGATED and is_answered,
            "no follow-up call found the customer dissatisfied": (
                to is Stage.INVESTIGATED and stage is Stage.ACCEPTED
            ),
            "the customer has not accepted the answer": (
                is_closing and is_answered and not self.calls_settle
            ),
            "the remedy is not carried out": is_closing and self.owed > 0,
            "a linked corrective action is not verified to be effective": (
                is_closing and bool(self.awaited)
            ),
            "the customer is neither known to be satisfied nor documented as unreachable": (
                is_closing and not is_referred and self.tries > 0 and not self.calls_settle
            ),
            "the outside body has not decided": is_closing and is_referred and not self.is_decided,
        }
        return {says for says, is_lacking in asked.items() if is_lacking}

    def moved(self, after: Complaint) -> None:
        """Hold a move against the table, and remember what it changes."""
        before, self.case = self.case, after
        assert after.trail[:-1] == before.trail
        assert after.stage in WORKFLOW.allowed(before.stage)
        if after.stage is Stage.ROUTED:
            self.is_confirmed = False
        if after.stage in (Stage.INVESTIGATED, Stage.REOPENED, Stage.RESPONDED):
            self.heard, self.tried = [], set()
        if after.stage is Stage.INVESTIGATED:
            is_sent_back = before.stage in (*ANSWERED, Stage.ACCEPTED)
            self.is_back = is_sent_back
            self.is_found = self.is_found or not is_sent_back
            self.is_exempt = self.is_exempt and not is_sent_back
        if before.stage in ANSWERED and after.stage not in ANSWERED:
            self.is_refused = after.stage is Stage.INVESTIGATED
        if after.stage is Stage.REOPENED:
            self.is_found = self.is_exempt = False
        if after.stage is Stage.REFERRED:
            self.is_decided = False

    def refuse(self, verb: str, at: datetime, **told: Any) -> set[str]:
        """Hold that a verb is refused, in both languages; return what is missing."""
        with pytest.raises(TransitionError) as refused:
            self.done(verb, at, **told)
        why = refused.value.explain()
        assert isinstance(why, Explanation)
        assert why.verdict is False
        assert self.case.label("zh") in why.sentence("zh")
        # Which remedy and which action are named behind what is missing.
        return {one.partition(": ")[0] for one in refused.value.missing}

    def go(self, to: Stage, minutes: int) -> None:
        """Do what leads to a stage, or see it refused for what is missing and nothing else."""
        (verb, told), at = MOVES[to], self.later(minutes)
        if to not in WORKFLOW.allowed(self.case.stage):
            self.refuse(verb, at, **told)
        elif missing := self.lacking(to):
            assert self.refuse(verb, at, **told) == missing
        else:
            self.moved(self.done(verb, at, **told))
            assert self.case.stage is to

    def do_if(self, is_allowed: bool, verb: str, minutes: int, **told: Any) -> bool:
        """Do what moves nothing, or see it refused."""
        at = self.later(minutes)
        if not is_allowed:
            self.refuse(verb, at, **told)
            return False
        after = self.done(verb, at, **told)
        assert after.trail == self.case.trail
        self.case = after
        return True

    def ready(self) -> Iterator[Stage]:
        """Yield where it can go now, if nobody leaves."""
        for to in WORKFLOW.allowed(self.case.stage):
            if to in MOVES and to not in LEAVING and not self.lacking(to):
                yield to

    @rule(pick=PICKS, minutes=MINUTES)
    def move(self, pick: int, minutes: int) -> None:
        if ready := [*self.ready()]:
            self.go(ready[pick % len(ready)], minutes)

    @rule(pick=PICKS, minutes=MINUTES)
    def try_in_vain(self, pick: int, minutes: int) -> None:
        could = {*self.ready(), *WORKFLOW.allowed(self.case.stage)} - {Stage.CLOSED}
        others = [to for to in MOVES if to not in could or self.lacking(to)]
        to = others[pick % len(others)]
        if to is self.case.stage is Stage.ROUTED:
            self.hand_over(minutes)
        elif to is self.case.stage is Stage.INVESTIGATED and self.is_back:
            self.look_into(minutes)
        elif to is not Stage.CLOSED or to not in self.ready():
            self.go(to, minutes)

    @rule(minutes=MINUTES)
    def look_into(self, minutes: int) -> None:
        """Sent back by the customer, it is investigated where it stands."""
        if self.case.stage is not Stage.INVESTIGATED:
            return
        if self.do_if(self.is_back, "investigate", minutes, cause="hose", note="worn"):
            assert (self.case.cause, self.case.findings[-1].note) == ("hose", "worn")
            self.is_found = True

    def hand_over(self, minutes: int) -> None:
        before = self.case
        self.case = self.done("route", self.later(minutes), department="sales", note="ours?")
        assert self.case.routes[:-1] == before.routes
        assert self.case.routes[-1].note == "ours?"
        assert self.case.trail == before.trail
        self.is_confirmed = False

    @rule(to=st.sampled_from(LEAVING), is_meant=SELDOM, minutes=MINUTES)
    def leave(self, to: Stage, is_meant: bool, minutes: int) -> None:
        if is_meant:
            self.go(to, minutes)

    @rule(minutes=MINUTES)
    def close(self, minutes: int) -> None:
        self.go(Stage.CLOSED, minutes)

    @rule(minutes=MINUTES)
    def put_right_and_close(self, minutes: int) -> None:
        if self.case.stage in (*ANSWERED, Stage.ACCEPTED):
            self.put_right()
            self.go(Stage.CLOSED, minutes)

    @rule(remedies=REMEDIES)
    def answer(self, remedies: list[str]) -> None:
        is_way = Stage.RESPONDED in WORKFLOW.allowed(self.case.stage)
        if is_way and not self.lacking(Stage.RESPONDED):
            self.moved(self.done("respond", self.later(10), remedies=remedies))
            # A new offer takes the place of one that was rejected; no offer takes nobody's place.
            kept = 0 if remedies and self.is_refused else self.owed
            self.owed = kept + len(remedies)

    @rule(minutes=MINUTES)
    def accept(self, minutes: int) -> None:
        at, stage = self.later(minutes), self.case.stage
        is_settled = not self.tries or self.calls_settle
        is_over = is_settled and not self.owed and not self.awaited
        # Said once more, or after the outside body's word, it closes what nothing keeps open.
        could_close = stage is Stage.ACCEPTED or (stage is Stage.REFERRED and self.is_decided)
        if stage in ANSWERED or (is_over and could_close):
            self.moved(self.done("accept", at))
            assert self.case.stage is (Stage.CLOSED if is_over else Stage.ACCEPTED)
        else:
            missing = self.refuse("accept", at)
            assert stage is not Stage.ACCEPTED or missing == self.lacking(Stage.CLOSED)

    @rule(minutes=MINUTES)
    def reject(self, minutes: int) -> None:
        at = self.later(minutes)
        if self.case.stage not in ANSWERED:
            self.refuse("reject", at)
            return
        after: Complaint = self.done("reject", at)
        assert after.stage is Stage.INVESTIGATED
        self.moved(after)

    @rule(minutes=MINUTES, outcome=st.sampled_from(["satisfied", "unreachable", "not_satisfied"]))
    def follow_up(self, minutes: int, outcome: str) -> None:
        before, at = self.case, self.later(minutes)
        if before.stage not in (*ANSWERED, Stage.ACCEPTED, Stage.CLOSED):
            self.refuse("follow_up", at, outcome=outcome)
            return
        after: Complaint = self.done("follow_up", at, outcome=outcome)
        assert after.calls[:-1] == before.calls
        if outcome == "not_satisfied":
            self.moved(after)
        else:
            self.case = after
            # Before everything that was promised is carried out, nothing is put right to ask about.
            self.heard += [] if self.owed else [outcome]
            # Several at one instant are one try.
            self.tried |= set() if self.owed or outcome == "satisfied" else {at}

    @rule(minutes=MINUTES, tries=TRIES, reason=st.sampled_from(["", "moved abroad"]))
    def plan_calls(self, minutes: int, tries: int, reason: str = "") -> None:
        is_open = self.case.stage not in ENDED
        is_enough = not self.calls_settle and 0 < tries <= len(self.tried)
        if is_open and not reason and (tries < self.tries or is_enough):
            with pytest.raises(InvalidValueError, match="without a reason"):
                self.done("plan_calls", self.later(minutes), tries=tries)
        elif self.do_if(is_open, "plan_calls", minutes, tries=tries, reason=reason):
            assert self.case.call_plans[-1].reason == reason
            self.tries = tries

    @rule(
        minutes=MINUTES,
        remedy=st.sampled_from([None, "refund", "apology"]),
        is_waived=st.booleans(),
    )
    def discharge(self, minutes: int, remedy: str | None, is_waived: bool) -> None:
        verb, why = ("waive", {"reason": "he keeps it"}) if is_waived else ("implement", {})
        owed = [one.kind.value for one in self.case.owed_remedies]
        meant = [one for one in owed if remedy in (None, one)]
        if self.do_if(bool(meant), verb, minutes, remedy=remedy, **why):
            self.owed -= len(meant)

    @rule(minutes=MINUTES)
    def confirm(self, minutes: int) -> None:
        if self.do_if(not self.is_confirmed, "confirm", minutes):
            self.is_confirmed = True

    @rule(minutes=MINUTES)
    def exempt(self, minutes: int) -> None:
        if self.do_if(self.case.stage not in ENDED, "exempt", minutes, reason="plain"):
            self.is_exempt = True

    @rule(minutes=MINUTES)
    def diagnose(self, minutes: int) -> None:
        self.do_if(self.case.stage not in ENDED, "diagnose", minutes, cause="bearing")

    @rule(minutes=MINUTES)
    def settle(self, minutes: int) -> None:
        is_asked = bool(self.case.referrals) and not self.is_decided
        if self.do_if(is_asked, "settle", minutes, outcome="paid"):
            self.is_decided = True

    @rule(minutes=MINUTES, action=ACTIONS)
    def link_action(self, minutes: int, action: str) -> None:
        """Whatever its stage: opened again it waits."""
        at = self.later(minutes)
        self.begin(action)
        if action in self.linked:
            with pytest.raises(InvalidValueError):
                self.done("link_action", at, action=action)
            return
        trail = self.case.trail
        self.case = self.done("link_action", at, action=action)
        assert self.case.trail == trail
        self.linked.add(action)
        self.awaited.add(action)

    def begin(self, action: str) -> None:
        """Have an action there to be linked to; a complaint by itself takes any."""

    @rule(minutes=MINUTES, action=ACTIONS, is_undone=st.booleans())
    def verify_action(self, minutes: int, action: str, is_undone: bool) -> None:
        at = self.later(minutes)
        if not is_undone:
            self.prove(action, at)
        elif action in self.awaited:
            self.case = self.done("unlink_action", at, action=action, reason="mistaken")
            self.awaited.remove(action)
            self.linked.remove(action)
        else:
            with pytest.raises(InvalidValueError):
                self.done("unlink_action", at, action=action, reason="mistaken")

    def prove(self, action: str, at: datetime) -> None:
        """Have an action prove itself, where it is waited for."""
        if action in self.awaited:
            self.case = self.done("verify_action", at, action=action)
            self.awaited.remove(action)
        else:
            with pytest.raises(InvalidValueError):
                self.done("verify_action", at, action=action)

    @rule()
    def store_and_read(self) -> None:
        stored = COMPLAINT_CODEC.encode(self.case)
        assert COMPLAINT_CODEC.decode(stored, COMPLAINT_CODEC.schema) == self.case

    @rule()
    def restore_its_beginning(self) -> None:
        restored = self.case.restore("ann", self.now, earlier=a_complaint())
        for name in ("trail", "remedies", "routes", "calls", "actions", "referrals", "reasons"):
            assert getattr(restored, name) == getattr(self.case, name)
        assert restored.conversation == self.case.conversation
        assert (restored.owner, restored.exemption) == (self.case.owner, self.case.exemption)

    @invariant()
    def what_is_outstanding_is_told(self) -> None:
        assert len(self.case.owed_remedies) == self.owed
        assert set(self.case.unverified_actions) == self.awaited
        assert [call.outcome.value for call in self.case.calls_since] == self.heard
        assert self.case.is_investigated is self.is_found

    @invariant()
    def calls_before_the_remedy_do_not_count(self) -> None:
        done = (one.discharged_at for one in self.case.remedies)
        fixed = [at for at in done if at is not None]
        assert not (self.owed and self.case.calls_since)
        assert all(call.at >= max(fixed, default=NINE) for call in self.case.calls_since)

    @invariant()
    def it_does_not_move_with_anything_outstanding(self) -> None:
        for to in WORKFLOW.allowed(self.case.stage):
            if to in MOVES and (missing := self.lacking(to)):
                verb, told = MOVES[to]
                assert self.refuse(verb, self.now, **told) == missing

    @invariant()
    def only_the_table_moves_it(self) -> None:
        assert self.case.trail[0].stage is WORKFLOW.start
        for before, after in pairwise(self.case.trail):
            is_wait = before.stage is after.stage and before.awaits is not after.awaits
            assert is_wait or after.stage in WORKFLOW.allowed(before.stage)
            assert before.at <= after.at

    @invariant()
    def every_beginning_of_its_trail_leads_to_where_it_was(self) -> None:
        self.seen[len(self.case.trail)] = self.case.stage, self.case.state
        assert len(self.seen) == len(self.case.trail)
        for length, where in self.seen.items():
            earlier = attrs.evolve(self.case, trail=self.case.trail[:length])
            assert (earlier.stage, earlier.state) == where

    @invariant()
    def its_stays_add_up(self) -> None:
        total = sum((self.case.time_in(stage, as_of=self.now) for stage in Stage), timedelta())
        assert total == self.now - NINE
