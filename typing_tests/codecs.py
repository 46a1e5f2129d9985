"""What type checkers know of codecs and trails: the record's own type comes back."""

from datetime import datetime, timedelta
from typing import assert_type

from crmkit.complaints import COMPLAINT_CODEC, Complaint, Stage
from crmkit.kernel import Codec, Scalar, Step, entered, time_in


assert_type(COMPLAINT_CODEC, Codec[Complaint])
assert_type(COMPLAINT_CODEC.decode(b"", 1), Complaint)
assert_type(COMPLAINT_CODEC.encode(COMPLAINT_CODEC.decode(b"", 1)), bytes)
assert_type(COMPLAINT_CODEC.key_values(COMPLAINT_CODEC.decode(b"", 1)), dict[str, Scalar])
COMPLAINT_CODEC.encode("a complaint")  # type: ignore[arg-type]

complaint = COMPLAINT_CODEC.decode(b"", 1)
assert_type(complaint.trail, tuple[Step[Stage], ...])
assert_type(complaint.trail[-1].stage, Stage)
assert_type(entered(complaint.trail, Stage.CLOSED), datetime | None)
assert_type(time_in(complaint.trail, Stage.RECEIVED), timedelta)
