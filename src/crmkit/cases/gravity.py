"""Four things that are not one: how grave, how many, how soon it is put right, what comes first.

Source: ITIL 4, incident management (priority from impact and urgency); the words of the case
vocabulary, which keep severity, impact and priority apart.
"""

from crmkit.kernel import Labelled


class Severity(Labelled):
    """How grave it is for whom it strikes."""

    MINOR = "minor", "Minor", "轻微"
    ORDINARY = "ordinary", "Ordinary", "一般"
    MAJOR = "major", "Major", "重大"
    CRITICAL = "critical", "Critical", "特别重大"


class Impact(Labelled):
    """How many it touches."""

    SINGLE = "single", "One customer", "单个客户"
    SEVERAL = "several", "Several customers", "多个客户"
    WIDESPREAD = "widespread", "A region, a batch or all", "大范围"


class Urgency(Labelled):
    """How soon it must be put right."""

    DEFERRABLE = "deferrable", "It can wait", "可缓"
    SOON = "soon", "Soon", "尽快"
    PRESSING = "pressing", "Pressing", "迫切"
    IMMEDIATE = "immediate", "At once", "立即"


class Priority(Labelled):
    """What is worked on first."""

    LOW = "low", "Low", "低"
    NORMAL = "normal", "Normal", "普通"
    HIGH = "high", "High", "高"
    URGENT = "urgent", "Urgent", "紧急"
