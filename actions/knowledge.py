"""Answers from the knowledge base: answer, did you mean, rephrase, and what follows when that did not help."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.articles import Article
from actions.context import OFFERED, REMEMBERED, Turn, links, remember
from actions.excerpt import excerpt

Events = list[dict[str, Any]]

#: Buttons beside a number of articles that varies; all other texts are in domain.yml.
TITLES = {
    "none_of_these": {"de": "Nichts davon", "en": "None of these"},
    "did_not_help": {"de": "Das hat nicht geholfen", "en": "That did not help"},
    "ask_for_person": {"de": "Mit einem Menschen schreiben", "en": "Write with a person"},
}


class Answer(Action):
    """The three outcomes of a question."""

    def name(self) -> str:
        return "action_answer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        turn = Turn(tracker)
        hits = turn.hits
        if turn.outcome == "answer" and hits[0].article.slug not in turn.rejected:
            return answer(dispatcher, turn, hits[0].article, links(hits[1:], turn.rejected), hits[0].passage)
        # To words without a meaning something is always near.
        offered = [] if turn.is_surely("out_of_scope") else links(hits, turn.rejected)[:OFFERED]
        if offered and (turn.outcome != "none" or turn.is_likely):
            return did_you_mean(dispatcher, turn, offered)
        if turn.form:
            # The form that waits asks once more; a second question beside it would only confuse.
            return []
        return not_understood(dispatcher, turn)


class ChooseArticle(Action):
    """The article whose button was pressed, or the only one that a yes can mean."""

    def name(self) -> str:
        return "action_choose_article"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return choose(dispatcher, Turn(tracker))


class NoneOfThese(Action):
    """None of the articles offered was meant."""

    def name(self) -> str:
        return "action_none_of_these"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return none_of_these(dispatcher, Turn(tracker))


class OffTopic(Action):
    """A question that is not about the shop.

    It is told as declined: if it was one after all, the desk sees what is missing.
    """

    def name(self) -> str:
        return "action_off_topic"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        if Turn(tracker).form:
            # The form that waits asks once more.
            return []
        dispatcher.utter_message(response="utter_off_topic", json_message={"type": "declined"})
        return []


class DidNotHelp(Action):
    """Marks the article shown last as rejected; offers what comes next, or a person."""

    def name(self) -> str:
        return "action_did_not_help"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        turn = Turn(tracker)
        # Words refer to what was asked last; a button refers to the article that it stands under.
        if not turn.text.startswith("/"):
            if turn.form:
                # The form that waits asks once more.
                return []
            if tracker.get_slot("asked") == "articles":
                return none_of_these(dispatcher, turn, again=bool(tracker.get_slot("shown")))
        shown = tracker.get_slot("shown")
        if not shown:
            return not_understood(dispatcher, turn)
        rejected = _joined(turn.rejected, [shown])
        dispatcher.utter_message(json_message={"type": "rejected", "slug": shown})
        offered = [one for one in turn.alternatives if one["slug"] not in rejected][:OFFERED]
        if not offered:
            dispatcher.utter_message(response="utter_offer_person")
            return remember(rejected=rejected, asked="person", shown=None, alternatives=[])
        return [*did_you_mean(dispatcher, turn, offered, "utter_try_next"), *remember(rejected=rejected, shown=None)]


def choose(dispatcher: CollectingDispatcher, turn: Turn) -> Events:
    """The article that was pressed; by a mere yes the only one offered, or the question which one."""
    slug = turn.entity("slug")
    if not slug and len(turn.alternatives) == 1:
        slug = turn.alternatives[0]["slug"]
    if not slug and turn.alternatives:
        return did_you_mean(dispatcher, turn, turn.alternatives, "utter_which_one")
    article = turn.article(slug)
    if article is None:
        return not_understood(dispatcher, turn)
    return answer(dispatcher, turn, article, [one for one in turn.alternatives if one["slug"] != slug])


def none_of_these(dispatcher: CollectingDispatcher, turn: Turn, again: bool = False) -> Events:
    """Who has rejected an answer before has rephrased enough: then a person is offered at once, as with `again`."""
    slugs = [one["slug"] for one in turn.alternatives]
    events = not_understood(dispatcher, turn, again=again or bool(turn.rejected))
    return [*events, *remember(rejected=_joined(turn.rejected, slugs))]


def answer(
    dispatcher: CollectingDispatcher, turn: Turn, article: Article, others: list[dict[str, str]], passage: str = ""
) -> Events:
    """Says what the article says to the question, names it, and keeps the next best ones in mind."""
    text = excerpt(article.text, turn.text, passage)
    if text == turn.just_said:
        return nothing_more(dispatcher)
    dispatcher.utter_message(
        json_message={
            "type": "answer",
            "text": text,
            "article": article.link,
            "choices": [_choice(turn, "did_not_help")],
        }
    )
    # Another article is another matter: what did not help before may well help here.
    return remember(asked="nothing", shown=article.slug, alternatives=others, rejected=[])


def nothing_more(dispatcher: CollectingDispatcher) -> Events:
    """Whoever asks on is not helped by the same words once more."""
    dispatcher.utter_message(response="utter_nothing_more", json_message={"type": "declined"})
    return remember(asked="person")


def did_you_mean(
    dispatcher: CollectingDispatcher, turn: Turn, offered: list[dict[str, str]], response: str = "utter_did_you_mean"
) -> Events:
    buttons = [{"title": one["title"], "payload": f'/choose_article{{"slug": "{one["slug"]}"}}'} for one in offered]
    last = "ask_for_person" if response == "utter_try_next" else "none_of_these"
    dispatcher.utter_message(
        response=response,
        buttons=[*buttons, _choice(turn, last)],
        json_message={"type": "choices", "slugs": [one["slug"] for one in offered]},
    )
    return remember(asked="articles", alternatives=offered)


def not_understood(dispatcher: CollectingDispatcher, turn: Turn, again: bool = False) -> Events:
    """A request to rephrase; the second time in a row, and from then on, the offer of a person."""
    again = again or turn.tracker.get_slot("asked") in ("rephrase", "person")
    dispatcher.utter_message(
        response="utter_offer_person" if again else "utter_rephrase", json_message={"type": "declined"}
    )
    return remember(asked="person" if again else "rephrase", alternatives=[])


def _choice(turn: Turn, intent: str) -> dict[str, str]:
    return {"title": TITLES[intent][turn.language], "payload": f"/{intent}"}


def _joined(rejected: list[str], more: list[str]) -> list[str]:
    return list(dict.fromkeys([*rejected, *more]))[-REMEMBERED:]
