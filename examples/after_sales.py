# /// script
# requires-python = ">=3.11"
# dependencies = ["crmkit"]
#
# [tool.uv.sources]
# crmkit = { path = "..", editable = true }
# ///
"""A week of an appliance maker's after-sales service, and what came of it in the weeks after.

A washing machine leaks a second time, the technician misses his booked visit, another machine
smokes. What the library decides (deadlines, compensation, what recurs, what is major, what may not
be closed yet) it explains, in English or, with --language zh, in Chinese. People and machines are
invented. Everything is kept in one SQLite file, which is thrown away at the end.
"""

import argparse
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill, indent
from typing import Final
from zoneinfo import ZoneInfo

import attrs

import crmkit
from crmkit.cases import ITIL_3X3, LITTLE_WASHING_MACHINE, FollowUpPolicy
from crmkit.complaints import (
    EXAMPLE_ROUTING,
    CauseAnalysis,
    Complaint,
    ComplaintTerms,
    FiveWhys,
    Goods,
    ProblemDescription,
)
from crmkit.errors import Explains, TransitionError
from crmkit.kernel import AnyOf, Compare, Labelled, Language, Money, StillClock
from crmkit.sla import (
    ClockState,
    CompensationRule,
    EscalationLadder,
    Level,
    Metric,
    SlaPolicies,
    SlaPolicy,
    SlaTarget,
    WorkCalendar,
)


HERE: Final = ZoneInfo("Asia/Shanghai")
HOUR: Final = timedelta(hours=1)
ALWAYS: Final = WorkCalendar.always("Asia/Shanghai")
OFFICE: Final = WorkCalendar(
    "Asia/Shanghai",
    {day: [("08:00", "18:00")] for day in ("mon", "tue", "wed", "thu", "fri", "sat")},
)
VISIT: Final = "visit"  # a milestone whose name the library knows in both languages
MACHINE: Final = Goods(product="XPB-20", unit="SN-4711", batch="2026-01")


def promise(metric: Metric | str, limit: timedelta) -> SlaTarget:
    return SlaTarget(metric=metric, limit=limit, calendar=ALWAYS)


@attrs.frozen
class House:
    """What the company promises, what it pays where it breaks a promise, whom it calls."""

    language: Language

    def words(self, en: str, zh: str) -> str:
        return en if self.language == "en" else zh

    @property
    def head(self) -> str:
        return self.words("head of service", "服务负责人")

    @property
    def policies(self) -> SlaPolicies:
        major = SlaPolicy(
            name=self.words("major complaint", "重大投诉"),
            condition=AnyOf(
                (Compare("safety", "=", True), Compare("severity", "in", ("major", "critical")))
            ),
            targets=[
                promise(Metric.FIRST_RESPONSE, HOUR / 4),
                promise(VISIT, 4 * HOUR),
                promise(Metric.RESOLUTION, 24 * HOUR),
            ],
        )
        others = SlaPolicy(
            name=self.words("every complaint", "所有投诉"),
            targets=[promise(Metric.FIRST_RESPONSE, HOUR), promise(Metric.RESOLUTION, 72 * HOUR)],
        )
        return SlaPolicies(policies=[major], default=others)

    @property
    def follow_up(self) -> FollowUpPolicy:
        name = self.words("everybody after the fix", "处理后全部回访")
        return FollowUpPolicy(name=name, within=8 * HOUR, calendar=OFFICE, attempts=3)

    @property
    def terms(self) -> ComplaintTerms:
        late = CompensationRule(
            name=self.words("late visit", "上门超时"),
            metric=VISIT,
            fixed=Money.of(50, "CNY"),
            per_hour=Money.of(20, "CNY"),
            cap=Money.of(300, "CNY"),
            approval_above=Money.of(100, "CNY"),
        )
        return ComplaintTerms(
            recurrence=LITTLE_WASHING_MACHINE, follow_up=self.follow_up, compensation=[late]
        )

    @property
    def ladder(self) -> EscalationLadder:
        director = Level(to=self.words("director", "总监"), offset=HOUR)
        return EscalationLadder(levels=[Level(to=self.head), director])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="A week of after-sales service.")
    parser.add_argument("--language", choices=("en", "zh"), default="en", help="of what is told")
    language: Language = parser.parse_args(arguments).language
    house = House(language)
    with (
        TemporaryDirectory() as name,
        crmkit.open(
            f"sqlite:///{Path(name, 'crm.db')}",
            clock=StillClock(at("24 Apr 12:00")),  # what asks without saying when asks at the end
            complaint_terms=house.terms,
        ) as crm,
    ):
        week = Week(crm.promising(house.policies), house)
        week.before()
        week.monday()
        week.tuesday()
        week.wednesday()
        week.thursday()
        week.friday()
        week.next_week()
        week.failed_check()
        week.passed_check()
        week.look_back()


def at(told: str) -> datetime:
    """Return a moment of the story: on a day of 2026, by the clocks of Shanghai."""
    return datetime.strptime(f"2026 {told}", "%Y %d %b %H:%M").replace(tzinfo=HERE)


@attrs.frozen
class Week:
    """The story, day by day."""

    crm: crmkit.CRM
    house: House

    def by(self, who: str, when: str) -> crmkit.CRM:
        """Return the desks on behalf of somebody, at a moment."""
        return self.crm.acting(by=who, at=at(when))

    # -- the story -----------------------------------------------------------------------------

    def before(self) -> None:
        """Say what is promised; put down what was three weeks before, which only the file knows."""
        self.heading("An appliance maker, and what it promises", "一家家电企业及其承诺")
        for policy in (*self.house.policies.policies, self.house.policies.default):
            assert policy is not None
            promises = [target.label(self.language) for target in policy.targets]
            print(f"    {policy.name}{self.colon}{self.words(', ', '，').join(promises)}")
        self.say(
            "Who waits in vain for a booked visit gets 50 CNY, and 20 CNY for each hour begun. "
            "After the fix everybody is called; who cannot be reached, three times.",
            "预约上门落空，赔50元，每开始一小时另赔20元。处理后全部回访，联系不上的回访三次。",
        )
        people = {"C-7": "Lin Fang", "C-8": "Zhao Gang", "C-9": "Sun Li"}
        for id, name in people.items():
            self.by("ann", "10 Feb 08:00").customers.add_person(id=id, name=name)
        desk = self.by("ann", "10 Feb 09:00").complaints
        about = self.words("water under the washing machine", "洗衣机下面有水")
        desk.receive(id="K-1", customer="C-7", about=about, goods=MACHINE, symptom="leak")
        self.by("ann", "10 Feb 09:20").complaints.acknowledge("K-1")
        self.by("bob", "10 Feb 15:00").complaints.investigate("K-1", cause="seal")
        self.by("bob", "10 Feb 15:10").complaints.respond("K-1")
        self.by("ann", "10 Feb 17:00").complaints.accept("K-1")
        self.by("fay", "11 Feb 13:00").complaints.follow_up("K-1", outcome="satisfied")

    def monday(self) -> None:
        self.heading("Monday: it leaks again", "星期一：又漏水了")
        self.say(
            "At nine Mrs Lin rings up: there is water under her machine again. Three weeks ago its "
            "door seal was changed. The desk knows the machine, and says so at once:",
            "九点，林女士来电：洗衣机下面又有水。三周前刚换过门封。系统认出了这台机器，立即提示：",
        )
        desk = self.by("ann", "02 Mar 09:00").complaints
        desk.receive(
            id="K-2",
            customer="C-7",
            about=self.words("it leaks again", "又漏水了"),
            channel="phone",
            field="goods_quality",
            goods=MACHINE,
            symptom="leak",
            remedy_wanted=self.words("a machine that does not leak", "一台不漏水的机器"),
        )
        self.show(desk.recurrence("K-2"))
        self.by("ann", "02 Mar 09:10").complaints.acknowledge("K-2")
        assessed = self.by("ann", "02 Mar 09:15").complaints.assess(
            "K-2", impact="single", urgency="soon", safety=False, matrix=ITIL_3X3
        )
        self.say("How urgent it is, and whose, rules propose:", "优先级和责任部门由规则提出：")
        self.show(ITIL_3X3.decide(assessed.facts))
        self.show(EXAMPLE_ROUTING.propose(assessed.facts))
        self.by("ann", "02 Mar 09:20").complaints.route("K-2", routing=EXAMPLE_ROUTING)
        self.by("eve", "02 Mar 09:40").complaints.confirm("K-2")
        self.by("eve", "02 Mar 09:45").complaints.assign("K-2", owner="bob")
        self.by("bob", "02 Mar 10:00").complaints.book(
            "K-2", what=VISIT, due_at=at("02 Mar 16:00"), timezone="Asia/Shanghai"
        )
        self.mr_zhao_calls()
        self.say(
            "Eve, head of quality, takes it and gives it to Bob, who books a visit for four "
            "o'clock. At five nobody has come. Who stands on the list, and why?",
            "质量部负责人Eve确认归属，交给Bob；Bob预约四点以前上门。五点了，还没有人来。"
            "工作清单上是谁、为什么？",
        )
        self.show_list("02 Mar 17:00", only="K-2")
        self.say("And the matter climbs, level by level:", "事情逐级上报：")
        late = self.by("ann", "02 Mar 17:30").complaints.clocks("K-2")
        for clock in late:
            for event in self.house.ladder.events(clock):
                self.show(event.explain())

    def mr_zhao_calls(self) -> None:
        desk = self.by("ann", "02 Mar 11:00").complaints
        desk.receive(
            id="K-3",
            customer="C-8",
            about=self.words("a puddle in the bathroom", "浴室里有一摊水"),
            channel="phone",
            field="goods_quality",
            goods=Goods(product="XPB-20", unit="SN-4733", batch="2026-01"),
            symptom="leak",
        )
        self.by("ann", "02 Mar 11:20").complaints.acknowledge("K-3")
        self.by("ann", "02 Mar 11:20").complaints.assign("K-3", owner="bob")

    def tuesday(self) -> None:
        self.heading("Tuesday: what a missed visit costs", "星期二：错过预约的代价")
        self.by("bob", "02 Mar 19:30").complaints.reach("K-2", milestone=VISIT)
        self.say(
            "Bob came at half past seven in the evening and changed the seal. What Mrs Lin is "
            "owed, nobody had to ask for:",
            "Bob晚上七点半才到，换了门封。应赔多少，不用客户开口：",
        )
        (owed,) = self.by("ann", "03 Mar 08:30").complaints.owed("K-2")
        self.show(owed.explain())
        paying = self.by("ann", "03 Mar 08:45").complaints
        self.refused(lambda: paying.compensate("K-2", owed=owed))
        approved = owed.approve(self.house.head, at("03 Mar 08:50"))
        paid = self.by("ann", "03 Mar 09:00").complaints.compensate("K-2", owed=approved)
        self.say(
            f"The head of service approves, and {paid.cost('CNY')} are paid. Bob answers both "
            "customers, who accept; each is to be called.",
            f"服务负责人审批后，支付{paid.cost('CNY')}。Bob答复了两位客户，客户接受，之后回访。",
        )
        bob = self.by("bob", "03 Mar 09:10").complaints
        bob.spend("K-2", amount=Money.of(45, "CNY"), on="remedy", note=self.words("seal", "门封"))
        self.put_right("K-2", "03 Mar 09:30", "03 Mar 10:30")
        self.put_right("K-3", "03 Mar 14:00", "03 Mar 15:30")

    def put_right(self, id: str, found: str, fixed: str) -> None:
        """Have Bob find the seal, answer, mend, and the customer accept; he is to be called."""
        bob = self.by("bob", found).complaints
        bob.investigate(id, cause="seal", note=self.words("door seal worn", "门封磨损"))
        bob.respond(id, remedies=["repair"], note=self.words("seal changed, free", "免费更换门封"))
        bob.plan_calls(id, policy=self.house.follow_up)
        later = self.by("bob", fixed).complaints
        later.accept(id)
        later.implement(id)

    def wednesday(self) -> None:
        self.heading("Wednesday: wet again, and smoke", "星期三：又湿了，还有冒烟")
        self.say("The follow-up calls of the day:", "当天的回访：")
        for call in self.by("fay", "04 Mar 13:30").complaints.calls_due():
            self.show(call.explain(), lines=1)
        desk = self.by("fay", "04 Mar 13:35").complaints
        note = self.words("the floor is wet this morning", "今天早上地又湿了")
        back = desk.follow_up("K-2", outcome="not_satisfied", note=note)
        self.say(
            "Fay calls Mrs Lin, who is not satisfied: the floor is wet. Her word sends the "
            f"complaint back; it is {self.label(back.stage)} again. Mr Zhao does not answer.",
            "Fay回访林女士：不满意，地又湿了。客户一句话，投诉退回，"
            f"阶段为“{self.label(back.stage)}”。赵先生没有接电话。",
        )
        self.by("fay", "04 Mar 13:40").complaints.follow_up("K-3", outcome="unreachable")
        self.say(
            "At two Mrs Sun writes: her machine smokes. That is another matter:",
            "下午两点，孙女士报告：洗衣机冒烟。这是另一回事：",
        )
        self.smoke()

    def smoke(self) -> None:
        desk = self.by("ann", "04 Mar 14:00").complaints
        about = self.words("the machine smokes", "洗衣机冒烟")
        goods = Goods(product="XPB-20", unit="SN-4802", batch="2026-02")
        immediate = self.words("told to pull the plug", "请客户立即拔掉插头")
        desk.receive(
            id="K-4",
            customer="C-9",
            about=about,
            channel="chat",
            goods=goods,
            symptom="smoke",
            immediate_action=immediate,
        )
        self.by("ann", "04 Mar 14:05").complaints.acknowledge("K-4")
        reasons = {"safety": self.words("smoke from the motor", "电机冒烟")}
        self.by("ann", "04 Mar 14:06").complaints.assess(
            "K-4", severity="critical", safety=True, matrix=ITIL_3X3, reasons=reasons
        )
        desk = self.by("ann", "04 Mar 14:10").complaints
        self.show(desk.major("K-4"))
        self.say("Its own, shorter limits hold now:", "适用更短的时限：")
        for clock in desk.clocks("K-4"):
            assert clock.due_at is not None
            due, state = clock.due_at.astimezone(HERE), self.label(clock.state)
            comma = self.words(", ", "，")
            name = clock.target.label(self.language)
            print(f"    {name}{self.colon}{due:%Y-%m-%d %H:%M}{comma}{state}")
        team = self.by("ann", "04 Mar 14:15").emergencies
        team.call(id="E-1", complaint="K-4", about=about)
        for who, role in (("eve", "quality"), ("lu", "planning"), ("wu", "engineering")):
            team.join("E-1", who=who, role=role)
        self.say("The team is not complete, and may not begin:", "小组不齐，不能会商：")
        self.refused(lambda: team.convene("E-1"))
        team.join("E-1", who="bob", role="workshop")
        self.by("eve", "04 Mar 14:40").emergencies.convene("E-1")
        self.by("bob", "04 Mar 16:10").complaints.reach("K-4", milestone=VISIT)
        contained = self.by("eve", "04 Mar 17:30").emergencies.contain(
            "E-1",
            containment=self.words(
                "motors of the lot are blocked; owners are warned", "该批电机已封存，已通知用户"
            ),
        )
        self.say(
            "With Bob of the workshop it can. At half past five the danger is "
            f"{self.label(contained.stage)}.",
            f"车间的Bob到位后开始会商。五点半，状态为“{self.label(contained.stage)}”。",
        )

    def thursday(self) -> None:
        self.heading("Thursday: the cause of the leaks", "星期四：漏水的原因")
        self.by("fay", "05 Mar 11:45").complaints.follow_up("K-3", outcome="unreachable")
        self.mrs_sun_is_content()
        action = self.by("eve", "05 Mar 14:00").corrective_actions
        about = self.words("door seals of the XPB-20 leak", "XPB-20门封漏水")
        action.open(id="CA-1", complaints=["K-2", "K-3"], about=about, product="XPB-20")
        action.form_team("CA-1", team=[("eve", "lead"), ("bob", "workshop"), ("wu", "engineering")])
        action.describe(
            "CA-1",
            description=ProblemDescription(
                what=self.words("door seal leaks", "门封漏水"),
                where=self.words("at the lower edge", "下缘"),
                where_not=self.words("at the hinge", "铰链处"),
                when=self.words("in the spin cycle", "脱水时"),
                how_many=self.words("9 of 400 of the batch", "该批400台中9台"),
            ),
        )
        action.contain("CA-1", containment=self.words("the batch is stopped", "该批停发"))
        action.analyse(
            "CA-1",
            cause=FiveWhys(
                (
                    self.words("the seal sits askew", "门封装歪"),
                    self.words("it was fitted in haste", "装配过快"),
                )
            ),
            escape_point=self.words("final test without water", "终检不通水"),
        )
        action.choose(
            "CA-1",
            action=self.words("train the fitters", "培训装配工"),
            why=self.words("quick, and without cost", "快，且无成本"),
        )
        self.by("eve", "06 Mar 09:00").corrective_actions.implement(
            "CA-1",
            done=self.words("all fitters trained", "装配工全部培训"),
            criterion=self.words("no leak among 200 new machines", "新机200台无一漏水"),
            check_from=date(2026, 3, 20),
            timezone="Asia/Shanghai",
        )
        self.say(
            "A new seal did not help, and not only Mrs Lin's machine leaks. Eve opens corrective "
            "action CA-1 for both complaints, which wait for it from now on. Her team thinks that "
            "the seals were fitted askew, and has the fitters trained. Whether that works will be "
            "seen from 20 March on: no leak among 200 new machines.",
            "换了门封还漏，而且不止林女士一台。Eve为两起投诉立了纠正措施CA-1，两起投诉从此等待其效果。"
            "小组认为门封装歪了，于是培训装配工。是否有效，3月20日起验证：新机200台无一漏水。",
        )

    def mrs_sun_is_content(self) -> None:
        wu = self.by("wu", "05 Mar 09:00").complaints
        fire = CauseAnalysis(
            cause=FiveWhys(
                (
                    self.words("the motor got hot", "电机过热"),
                    self.words("its bearing was dry", "轴承缺油"),
                )
            ),
            escape_point=self.words("end-of-line test", "下线检测"),
        )
        wu.investigate("K-4", cause="bearing", analysis=fire)
        wu.respond("K-4", remedies=["replacement"], note=self.words("a new machine", "换新机"))
        self.by("bob", "05 Mar 10:30").complaints.implement("K-4")
        self.by("eve", "05 Mar 11:00").emergencies.stand_down("E-1")
        self.by("ann", "05 Mar 11:30").complaints.accept("K-4")
        self.say(
            "Mrs Sun has a new machine within a day, accepts, and her complaint is closed; the "
            "emergency team stands down.",
            "孙女士一天之内换了新机，接受答复，投诉结案；应急小组解散。",
        )

    def friday(self) -> None:
        self.heading("Friday: not closed yet", "星期五：还不能结案")
        self.by("fay", "06 Mar 09:00").complaints.follow_up("K-4", outcome="satisfied")
        self.by("bob", "06 Mar 10:00").complaints.respond(
            "K-2",
            remedies=["replacement", "apology"],
            note=self.words("a new machine of another batch", "另一批次的新机"),
        )
        self.by("ann", "06 Mar 10:30").complaints.accept("K-2")
        self.say(
            "Mrs Lin is promised a new machine, and accepts. Bob would like to close. The desk "
            "refuses, and says all that is missing:",
            "林女士接受换新机。Bob想结案，系统拒绝，并说明缺什么：",
        )
        closing = self.by("bob", "06 Mar 10:35").complaints
        self.refused(lambda: closing.close("K-2"))
        self.by("fay", "06 Mar 11:00").complaints.follow_up("K-3", outcome="unreachable")
        zhao = self.crm.complaints.get("K-3")
        self.say(
            f"Mr Zhao was called three times in vain: he is {self.label(zhao.followed_up)}, on "
            "record. Before the week-end, the list of everybody:",
            f"三次回访都没有联系上赵先生：记录为“{self.label(zhao.followed_up)}”。周末前的工作清单：",
        )
        self.show_list("06 Mar 17:00")

    def next_week(self) -> None:
        self.heading("The next Monday: satisfied", "下星期一：满意")
        bob = self.by("bob", "07 Mar 11:00").complaints
        bob.implement("K-2")
        note = self.words("new machine", "新机")
        bob.spend("K-2", amount=Money.of("1199", "CNY"), on="remedy", note=note)
        (call,) = self.by("fay", "09 Mar 09:00").complaints.calls_due()
        self.show(call.explain(), lines=1)
        fay = self.by("fay", "09 Mar 09:00").complaints
        fay.follow_up("K-2", outcome="satisfied", note=self.words("dry at last", "终于不漏了"))
        gift = self.by(self.house.head, "09 Mar 10:00").complaints.give(
            "K-2", amount=Money.of(100, "CNY"), why=self.words("three visits", "跑了三趟")
        )
        self.say(
            "The new machine is dry, and Mrs Lin says so. The head of service gives her "
            f"{gift.cost('CNY', kind='goodwill')}, which are not owed, and are booked apart. One "
            "thing is missing still:",
            "新机不漏，林女士满意。服务负责人另赠"
            f"{gift.cost('CNY', kind='goodwill')}，不属赔偿，单独记账。还缺一项：",
        )
        self.refused(lambda: self.by("bob", "09 Mar 11:00").complaints.close("K-2"))

    def failed_check(self) -> None:
        self.heading("20 March: the effect is checked, and is not there", "3月20日：验证效果，无效")
        eve = self.by("eve", "20 Mar 15:00").corrective_actions
        for due in eve.checks_due():
            told = due.checks[-1]
            name, comma = due.label(self.language), self.words(", ", "，")
            print(f"    {name}{self.colon}{told.due}{comma}{told.criterion}")
        seen = self.words("3 leaks among 200", "200台中3台漏水")
        failed = eve.check("CA-1", observed=seen, result="failed")
        self.say(
            "Three of 200 leak. The action goes back to the cause: it is "
            f"{self.label(failed.stage)}, and cause, escape point and choice must be told anew. "
            "The failed check stays on record, and both complaints wait on.",
            f"200台中3台漏水。纠正措施退回原因分析：状态为“{self.label(failed.stage)}”，"
            "原因、流出点和措施都要重新给出。失败的验证留在记录中，两起投诉继续等待。",
        )
        eve = self.by("eve", "23 Mar 10:00").corrective_actions
        hard = self.words("the rubber is too hard", "橡胶过硬")
        old = self.words("the lot was stored for three years", "该批存放三年")
        eve.analyse(
            "CA-1",
            cause=FiveWhys((self.words("the seal does not close", "门封不密合"), hard, old)),
            escape_point=self.words("no hardness test on receipt", "进货不测硬度"),
        )
        eve.send_to_supplier("CA-1", supplier="S-3", about=old)
        answer = self.words("the lot is taken back", "该批收回")
        self.by("eve", "25 Mar 10:00").corrective_actions.hear_from_supplier(
            "CA-1", verdict="accepted", text=answer
        )
        self.say(
            "Now they ask further: the rubber is too hard, for the lot lay at the supplier's for "
            "three years. He takes it back.",
            "这次追问到底：橡胶过硬，因为该批在供应商处存放了三年。供应商同意收回。",
        )
        eve = self.by("eve", "27 Mar 10:00").corrective_actions
        eve.choose(
            "CA-1",
            action=self.words(
                "hardness test on receipt, no lot older than a year", "进货测硬度，一年为限"
            ),
            why=self.words("it removes the cause", "消除原因"),
            alternatives=[self.words("another rubber", "换胶料")],
        )
        eve.implement(
            "CA-1",
            done=self.words("test and limit are in force", "检验和期限已实施"),
            criterion=self.words("no leak among 200 new machines", "新机200台无一漏水"),
            check_from=date(2026, 4, 24),
            timezone="Asia/Shanghai",
        )
        self.by("eve", "02 Apr 10:00").corrective_actions.prevent(
            "CA-1",
            systemic=self.words("age of rubber in all purchase terms", "采购条款规定橡胶期限"),
            read_across=["XPB-30"],
        )

    def passed_check(self) -> None:
        self.heading("24 April: it works", "4月24日：有效")
        eve = self.by("eve", "24 Apr 10:00").corrective_actions
        seen = self.words("none among 240", "240台无一漏水")
        passed = eve.check("CA-1", observed=seen, result="passed")
        for check in passed.checks:
            assert check.result is not None
            result = check.result.label(self.language)
            print(f"    {check.due}  {result}{self.colon}{check.observed}")
        thanks = self.words("thanks to Bob and Wu", "感谢Bob和Wu")
        self.by("eve", "24 Apr 10:30").corrective_actions.close("CA-1", recognition=thanks)
        closing = self.by("bob", "24 Apr 11:00").complaints
        closed = [closing.close(id) for id in ("K-2", "K-3")]
        states = self.words(" and ", "、").join(one.label(self.language) for one in closed)
        self.say(
            "With the check both complaints are relieved of their wait, and can be closed: "
            f"{states} are {self.label(closed[0].stage)}.",
            f"验证通过，两起投诉不再等待，可以结案：{states}，状态为“{self.label(closed[0].stage)}”。",
        )

    def look_back(self) -> None:
        self.heading("What it came to", "回顾")
        complaints = [self.crm.complaints.get(id) for id in ("K-1", "K-2", "K-3", "K-4")]
        for told in complaints:
            print(f"    {told.label(self.language)}{self.colon}{self.summed_up(told)}")
        print()
        mrs_lin = complaints[1]
        self.say("The way of K-2, which can be continued, never changed:", "K-2的全程，只增不改：")
        for step in mrs_lin.trail:
            moment = f"{step.at.astimezone(HERE):%Y-%m-%d %H:%M}"
            print(f"    {moment}  {self.label(step.stage)}  {step.by}  {step.note}".rstrip())

    def summed_up(self, told: Complaint) -> str:
        owners, cost = self.words(", ", "、").join(told.owners), told.cost("CNY")
        clocks = self.crm.complaints.clocks(told.id)
        missed = sum(clock.state is ClockState.BREACHED for clock in clocks)
        return self.words(
            f"number {told.occurrence} of its chain; contacts: {told.contacts}; hands: {owners}; "
            f"promises missed: {missed} of {len(clocks)}; cost: {cost}",
            f"第{told.occurrence}次发生；客户联系{told.contacts}次，经手{owners}；"
            f"{len(clocks)}项承诺中{missed}项未兑现；费用{cost}",
        )

    # -- telling -------------------------------------------------------------------------------

    @property
    def language(self) -> Language:
        return self.house.language

    def words(self, en: str, zh: str) -> str:
        return self.house.words(en, zh)

    @property
    def colon(self) -> str:
        return self.words(": ", "：")

    def label(self, told: Labelled) -> str:
        label = told.label(self.language)
        return label.lower() if self.language == "en" else label

    def heading(self, en: str, zh: str) -> None:
        title = self.words(en, zh)
        wide = sum(not sign.isascii() for sign in title)
        print(f"\n{title}\n{'-' * (len(title) + wide)}")

    def say(self, en: str, zh: str) -> None:
        print(fill(en, width=96) if self.language == "en" else zh)

    def show(self, why: Explains, *, lines: int | None = None) -> None:
        told = why.sentence(self.language).splitlines()
        print(indent("\n".join(told[:lines]), "    "))

    def show_list(self, when: str, *, only: str | None = None) -> None:
        for person, items in self.by("ann", when).complaints.worklist().items():
            shown = [item for item in items if only in (None, item.record.id)]
            if shown:
                print(f"  {person}")
            for item in shown:
                self.show(item.explain())

    def refused(self, act: Callable[[], object]) -> None:
        """Do what is refused, and show why."""
        try:
            act()
        except TransitionError as refusal:
            why = refusal.explain()
            assert why is not None
            self.show(why)
        else:
            raise AssertionError("nothing was refused")


if __name__ == "__main__":
    main()
