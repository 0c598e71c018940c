from carebase.documents import unreadable


def test_every_reason_has_a_sentence_for_the_person() -> None:
    assert set(unreadable.SENTENCES) == set(unreadable.Reason)
    for reason in unreadable.Reason:
        assert str(unreadable.UnreadableFile(reason)) == f"The file cannot be read. {unreadable.SENTENCES[reason]}"
