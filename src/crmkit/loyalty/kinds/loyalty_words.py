"""The words of loyalty: why he stays, how deep it goes, what leads to it, by what it is seen.

Law: these are separate questions, never mixed into one score; what is not known is called so.

Source: domain facts L1 to L4 and L8; Oliver, R. L. (1999), "Whence consumer loyalty?", Journal of
Marketing 63 (special issue), 33–44; Dick, A. S. and Basu, K. (1994), "Customer loyalty: toward an
integrated conceptual framework", Journal of the Academy of Marketing Science 22(2), 99–113.
"""

from crmkit.kernel import Labelled


class LoyaltyMotive(Labelled):
    """Why a customer stays.

    By monopoly nobody else can supply him; by incentive he stays for points and rewards; by inertia
    leaving is too much trouble; the latently loyal would, but hardly buys.
    """

    MONOPOLY = "monopoly", "Monopoly", "垄断忠诚"
    FAMILY_AND_FRIENDS = "family_and_friends", "Family and friends", "亲友忠诚"
    INCENTIVE = "incentive", "Incentive", "激励忠诚"
    PRICE = "price", "Price", "价格忠诚"
    CONVENIENCE = "convenience", "Convenience", "方便忠诚"
    INERTIA = "inertia", "Inertia", "惰性忠诚"
    TRUST = "trust", "Trust", "信赖忠诚"
    LATENT = "latent", "Latent", "潜在忠诚"
    NONE = "none", "No motive", "无忠诚动机"
    UNKNOWN = "unknown", "Not known why", "动机不明"


class LoyaltyPhase(Labelled):
    """How deep loyalty goes: he thinks us better, likes us, means to stay, overcomes obstacles.

    Each phase rests on the one before.
    """

    COGNITIVE = "cognitive", "Cognitive loyalty", "认知忠诚"
    AFFECTIVE = "affective", "Affective loyalty", "情感忠诚"
    CONATIVE = "conative", "Conative loyalty", "意愿忠诚"
    ACTION = "action", "Action loyalty", "行为忠诚"
    NONE = "none", "No phase reached", "未达任何阶段"
    UNKNOWN = "unknown", "Phase not known", "阶段不明"


class LoyaltyQuadrant(Labelled):
    """Attitude by repeat patronage.

    True: both are high; latent: only the attitude is; spurious: only the patronage is.
    """

    TRUE = "true", "True loyalty", "真实忠诚"
    LATENT = "latent", "Latent loyalty", "潜在忠诚"
    SPURIOUS = "spurious", "Spurious loyalty", "虚假忠诚"
    NONE = "none", "No loyalty", "无忠诚"
    UNKNOWN = "unknown", "Quadrant not known", "象限不明"


class LoyaltyAntecedent(Labelled):
    """What leads to loyalty."""

    SATISFACTION = "satisfaction", "Satisfaction", "满意"
    DELIGHT = "delight", "Delight", "愉悦"
    TRUST = "trust", "Trust", "信赖"


class LoyaltyDriver(Labelled):
    """By what a customer chooses, behind all that leads to loyalty.

    Value is what he gets for what he pays; the system is how he is served and supplied; people are
    those who serve him.
    """

    VALUE = "value", "Value", "价值"
    SYSTEM = "system", "System", "系统"
    PEOPLE = "people", "People", "人"


class LoyaltySign(Labelled):
    """By what loyalty is seen; that a customer does not complain is no sign of it."""

    REPEAT_PURCHASE = "repeat_purchase", "Buys again", "重复购买"
    RECOMMENDATION = "recommendation", "Would recommend us", "愿意推荐"
    ATTACHMENT = "attachment", "Attached to the brand", "品牌依恋"
    TOLERANCE = "tolerance", "Bears with mistakes", "宽容失误"
    SHARE_OF_WALLET = "share_of_wallet", "Spends most of it with us", "钱包份额过半"
    PRICE_INSENSITIVITY = "price_insensitivity", "Hardly minds the price", "价格不敏感"


class LoyaltyCurve(Labelled):
    """How loyalty rises with satisfaction."""

    LATE = "late", "Late: only the most satisfied are loyal", "后升：最满意者才忠诚"
    EVEN = "even", "Even: every step of satisfaction counts alike", "匀升：满意度逐级起作用"
    EARLY = "early", "Early: all but the least satisfied are loyal", "先升：仅最不满意者不忠诚"
    FLAT = "flat", "Flat: satisfaction does not tell who is loyal", "平坦：满意度与忠诚无关"
    FALLING = "falling", "Falling: the satisfied are less loyal", "下降：越满意越不忠诚"
    UNKNOWN = "unknown", "Shape not known", "形状不明"


class LoyaltyGroup(Labelled):
    """What his staying proves.

    The captive could hardly leave; the vulnerable is free to leave, and not attached; the truly
    loyal is free to leave, and attached; who is not loyal hardly buys from us.
    """

    CAPTIVE = "captive", "Captive", "被锁定客户"
    VULNERABLE = "vulnerable", "Vulnerable", "易流失客户"
    TRUE = "true", "Truly loyal", "真正忠诚客户"
    NOT_LOYAL = "not_loyal", "Not loyal", "非忠诚客户"
    UNKNOWN = "unknown", "Group not known", "群体不明"
