"""The words of loyalty: why he stays, how deep it goes, attitude by behaviour, what leads to it.

Law: these are separate questions, never mixed into one score; what is not known is called so.

Source: domain facts L1 to L4 and L8; Oliver, R. L. (1999), "Whence consumer loyalty?", Journal of
Marketing 63 (special issue), 33–44; Dick, A. S. and Basu, K. (1994), "Customer loyalty: toward an
integrated conceptual framework", Journal of the Academy of Marketing Science 22(2), 99–113.
"""

from crmkit.kernel import Labelled


class LoyaltyMotive(Labelled):
    """Why a customer stays."""

    MONOPOLY = "monopoly", "Monopoly: nobody else can supply him", "垄断忠诚"
    FAMILY_AND_FRIENDS = "family_and_friends", "Family and friends", "亲友忠诚"
    INCENTIVE = "incentive", "Incentive: points and rewards", "激励忠诚"
    PRICE = "price", "Price", "价格忠诚"
    CONVENIENCE = "convenience", "Convenience", "方便忠诚"
    INERTIA = "inertia", "Inertia: leaving is too much trouble", "惰性忠诚"
    TRUST = "trust", "Trust", "信赖忠诚"
    LATENT = "latent", "Latent: would, but hardly buys", "潜在忠诚"
    NONE = "none", "No motive", "无忠诚动机"
    UNKNOWN = "unknown", "Not known why", "动机不明"


class LoyaltyPhase(Labelled):
    """How deep loyalty goes: each phase rests on the one before."""

    COGNITIVE = "cognitive", "Cognitive: thinks us better", "认知忠诚"
    AFFECTIVE = "affective", "Affective: likes us", "情感忠诚"
    CONATIVE = "conative", "Conative: means to stay", "意愿忠诚"
    ACTION = "action", "Action: overcomes obstacles", "行为忠诚"
    NONE = "none", "No phase reached", "未达任何阶段"
    UNKNOWN = "unknown", "Phase not known", "阶段不明"


class LoyaltyQuadrant(Labelled):
    """Attitude by repeat patronage."""

    TRUE = "true", "True loyalty: high attitude, high patronage", "真实忠诚"
    LATENT = "latent", "Latent loyalty: high attitude, low patronage", "潜在忠诚"
    SPURIOUS = "spurious", "Spurious loyalty: low attitude, high patronage", "虚假忠诚"
    NONE = "none", "No loyalty: low attitude, low patronage", "无忠诚"
    UNKNOWN = "unknown", "Quadrant not known", "象限不明"


class LoyaltyAntecedent(Labelled):
    """What leads to loyalty."""

    SATISFACTION = "satisfaction", "Satisfaction", "满意"
    DELIGHT = "delight", "Delight", "愉悦"
    TRUST = "trust", "Trust", "信赖"


class LoyaltyGroup(Labelled):
    """What his staying proves."""

    CAPTIVE = "captive", "Captive: stays, and could hardly leave", "被锁定客户"
    VULNERABLE = "vulnerable", "Vulnerable: stays, is free to leave, and not attached", "易流失客户"
    TRUE = "true", "Truly loyal: free to leave, attached, and stays", "真正忠诚客户"
    NOT_LOYAL = "not_loyal", "Not loyal: hardly buys from us", "非忠诚客户"
    UNKNOWN = "unknown", "Group not known", "群体不明"
