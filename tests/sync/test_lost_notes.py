"""The intent to post says what was done to contacts, for the case that the answer is lost (SYNC §6, §7.3)."""

import pytest

from portal.sync.failures import OutcomeLost
from portal.sync.ports import State
from tests import builders
from tests.whole_run import order, world


@pytest.mark.parametrize(("family_name", "renamed"), [("Sample", True), ("Example", False)])
def test_the_intent_says_of_contacts_what_the_outcome_says(family_name: str, renamed: bool) -> None:
    here = world(order(120))
    here.books.contacts = [builders.contact(family_name=family_name)]

    here.run()

    (intent,) = here.ledger.intents[120]
    outcome = here.ledger.last(120)
    assert (intent.notes, intent.look_once) == (outcome.notes, outcome.look_once)
    assert (intent.look_once, any("renamed" in note for note in intent.notes)) == (renamed, renamed)


def test_where_the_answer_is_lost_the_intent_has_the_words_already() -> None:
    here = world(order(120))
    here.books.contacts = [builders.contact(family_name="Sample")]
    here.books.answers = [OutcomeLost("broke off")]

    here.run()

    (intent,) = here.ledger.intents[120]
    assert here.ledger.state(120) is State.UNKNOWN
    assert intent.notes == ("Contact 7 was renamed from “Robin Sample” to “Robin Example”.",)
