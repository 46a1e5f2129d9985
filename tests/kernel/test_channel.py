"""The ways of contact that the trade knows."""

from crmkit.kernel import Channel


def test_every_channel_is_stored_by_the_word_of_its_name() -> None:
    assert [channel.value for channel in Channel] == [channel.name.lower() for channel in Channel]
