"""What a complaint can be about.

Source: domain fact K10 (goods quality, transport, service in quality, attitude and manner,
contract; price and other are additions).
"""

from crmkit.kernel import Labelled


class ComplaintField(Labelled):
    """What a complaint is about."""

    GOODS_QUALITY = "goods_quality", "Goods quality", "商品质量"
    TRANSPORT = "transport", "Transport", "货物运输"
    SERVICE_QUALITY = "service_quality", "Service quality", "服务质量"
    SERVICE_ATTITUDE = "service_attitude", "Service attitude", "服务态度"
    SERVICE_MANNER = "service_manner", "Service manner", "服务方式"
    CONTRACT = "contract", "Contract", "购销合同"
    PRICE = "price", "Price", "价格"
    OTHER = "other", "Other", "其他"
