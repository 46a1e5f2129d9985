"""The ways by which a customer and we reach each other."""

from .labels import Labelled


class Channel(Labelled):
    """A way of contact (domain facts I1, K1)."""

    PHONE = "phone", "Phone", "电话"
    EMAIL = "email", "E-mail", "电子邮件"
    SMS = "sms", "SMS", "短信"
    WEB = "web", "Web site", "网站"
    SOCIAL = "social", "Social media", "社交媒体"
    CHAT = "chat", "Chat", "在线客服"
    VISIT = "visit", "Visit", "上门"
    SHOP = "shop", "Shop", "门店"
    EVENT = "event", "Event", "活动"
    LETTER = "letter", "Letter", "信函"
