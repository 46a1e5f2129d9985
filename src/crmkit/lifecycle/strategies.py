"""Who adapts to whom in a relationship.

Law: a strategy says who adapts; how close the relation is, its stage and its level say.

Source: domain fact S10: clasp, zipper and Velcro, as fastenings of two sides.
"""

from crmkit.kernel import Labelled


class RelationshipStrategy(Labelled):
    """Who adapts to whom: the customer, both in fixed ways, or the maker to each customer."""

    CLASP = "clasp", "Clasp: the customer adapts", "扣钩：客户适应我方"
    ZIPPER = "zipper", "Zipper: both adapt in fixed ways", "拉链：双方按固定方式相互适应"
    VELCRO = "velcro", "Velcro: the maker adapts to each customer", "维可牢：我方适应每位客户"
