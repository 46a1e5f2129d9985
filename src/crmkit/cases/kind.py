"""What a customer may ask of us.

Source: domain fact K15.
"""

from crmkit.kernel import Labelled


class CaseKind(Labelled):
    """The kinds of case."""

    COMPLAINT = "complaint", "Complaint", "投诉"
    SUGGESTION = "suggestion", "Suggestion", "建议"
    REPAIR = "repair", "Repair", "报修"
    ENQUIRY = "enquiry", "Enquiry", "咨询"
