"""Every verb of a journey at any time, on records."""

from hypothesis import settings

from .journey_acts import JourneyMachine


TestJourneyMachine = JourneyMachine.TestCase
TestJourneyMachine.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
