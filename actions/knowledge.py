"""Answers from the knowledge base: answer, did you mean, rephrase, and what follows when that did not help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.articles import Article
from actions.context import OFFERED, REMEMBERED, Found, Turn, links, remember
from actions.excerpt import excerpt

Events = list[dict[str, Any]]

#: Buttons beside a number of articles that varies; all other texts are in domain.yml.
TITLES = {
    "none_of_these": {"de": "Nichts davon", "en": "None of these"},
    "did_not_help": {"de": "Das hat nicht geholfen", "en": "That did not help"},
    "ask_for_person": {"de": "Mit einem Menschen schreiben", "en": "Write with a person"},
}


@dataclass(frozen=True)
class Said:
    """What an article says to a question."""

    article: Article
    question: str
    passage: str = ""

    @classmethod
    def of(cls, found: Found, turn: Turn) -> Said:
        return cls(found.best, found.question or turn.text, found.hits[0].passage)

    @property
    def text(self) -> str:
        return excerpt(self.article.text, self.question, self.passage)


class Answer(Action):
    """The three outcomes of a question."""

    def name(self) -> str:
        return "action_answer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        turn = Turn(tracker)
        hits = turn.hits
        sure = [one for one in turn.found if one.outcome == "answer" and one.best.slug not in turn.rejected]
        if sure:
            said = [Said.of(one, turn) for one in sure]
            beside = [] if turn.goes_on else _offered_beside(turn)
            return answer(dispatcher, turn, *said, others=_next(sure, turn), beside=beside)
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
        # Words refer to what was asked last; a button refers to the article that it stands under or names.
        if not turn.text.startswith("/"):
            if turn.form:
                # The form that waits asks once more.
                return []
            if tracker.get_slot("asked") == "articles":
                return none_of_these(dispatcher, turn, again=bool(turn.shown))
        named = turn.article(turn.entity("slug"))
        shown = [named.slug] if named else turn.shown
        if not shown:
            return not_understood(dispatcher, turn)
        rejected = _joined(turn.rejected, shown)
        left = [slug for slug in turn.shown if slug not in rejected]
        for slug in shown:
            dispatcher.utter_message(json_message={"type": "rejected", "slug": slug})
        offered = [one for one in turn.alternatives if one["slug"] not in rejected][:OFFERED]
        if not offered:
            dispatcher.utter_message(response="utter_offer_person")
            return remember(rejected=rejected, asked="person", shown=left, alternatives=[])
        return [*did_you_mean(dispatcher, turn, offered, "utter_try_next"), *remember(rejected=rejected, shown=left)]


def choose(dispatcher: CollectingDispatcher, turn: Turn) -> Events:
    """The article that was pressed; by a mere yes the only one offered, or the question which one."""
    slug = turn.entity("slug")
    if not slug and len(turn.offered) == 1:
        slug = turn.offered[0]["slug"]
    if not slug and turn.offered:
        return did_you_mean(dispatcher, turn, turn.offered, "utter_which_one")
    article = turn.article(slug)
    if article is None:
        return not_understood(dispatcher, turn)
    others = [one for one in turn.alternatives if one["slug"] != slug]
    return answer(dispatcher, turn, Said(article, turn.text), others=others)


def none_of_these(dispatcher: CollectingDispatcher, turn: Turn, again: bool = False) -> Events:
    """Who has rejected an answer before has rephrased enough: then a person is offered at once, as with `again`."""
    slugs = [one["slug"] for one in turn.offered]
    events = not_understood(dispatcher, turn, again=again or bool(turn.rejected))
    return [*events, *remember(rejected=_joined(turn.rejected, slugs))]


def answer(
    dispatcher: CollectingDispatcher,
    turn: Turn,
    *said: Said,
    others: list[dict[str, str]],
    beside: list[dict[str, str]] | None = None,
) -> Events:
    """Says what each article says to its question, names it, and keeps the next best ones in mind.

    For another question of the message the articles `beside` are offered. Choices stand under the last message of a
    turn only: where they are numbers to type, no others can be meant. So there each answer has one that rejects it;
    where the turn goes on with another matter, that is left to the customer's own words.
    """
    fresh = [one for one in said if one.text not in turn.just_said]
    if not fresh and not beside:
        return nothing_more(dispatcher)
    alone = len(fresh) == 1 and not beside
    rejects = [_choice(turn, "did_not_help")] if alone else [_rejects(turn, one.article) for one in fresh]
    for one in fresh:
        below = rejects if one is fresh[-1] and not (beside or turn.goes_on) else []
        dispatcher.utter_message(
            json_message={"type": "answer", "text": one.text, "article": one.article.link, "choices": below}
        )
    # Another article is another matter: what did not help before may well help here.
    shown = [one.article.slug for one in fresh]
    events = remember(asked="nothing", shown=shown, rejected=[]) if fresh else nothing_more(dispatcher)
    if beside:
        events += did_you_mean(dispatcher, turn, beside, "utter_other_question", also=rejects)
    return [*events, *remember(alternatives=_once([*others, *(beside or [])]))]


def nothing_more(dispatcher: CollectingDispatcher) -> Events:
    """Whoever asks on is not helped by the same words once more."""
    dispatcher.utter_message(response="utter_nothing_more", json_message={"type": "declined"})
    return remember(asked="person")


def did_you_mean(
    dispatcher: CollectingDispatcher,
    turn: Turn,
    offered: list[dict[str, str]],
    response: str = "utter_did_you_mean",
    also: Sequence[dict[str, str]] = (),
) -> Events:
    """Offers the articles; `also` are choices of another matter."""
    buttons = [{"title": one["title"], "payload": f'/choose_article{{"slug": "{one["slug"]}"}}'} for one in offered]
    last = "ask_for_person" if response == "utter_try_next" else "none_of_these"
    dispatcher.utter_message(
        response=response,
        buttons=[*buttons, _choice(turn, last), *also],
        json_message={"type": "choices", "slugs": [one["slug"] for one in offered]},
    )
    return remember(asked="articles", offered=offered, alternatives=offered)


def not_understood(dispatcher: CollectingDispatcher, turn: Turn, again: bool = False) -> Events:
    """A request to rephrase; the second time in a row, and from then on, the offer of a person."""
    again = again or turn.tracker.get_slot("asked") in ("rephrase", "person")
    dispatcher.utter_message(
        response="utter_offer_person" if again else "utter_rephrase", json_message={"type": "declined"}
    )
    return remember(asked="person" if again else "rephrase", alternatives=[])


def _choice(turn: Turn, intent: str) -> dict[str, str]:
    return {"title": TITLES[intent][turn.language], "payload": f"/{intent}"}


def _rejects(turn: Turn, article: Article) -> dict[str, str]:
    """Where other choices stand beside it, the one that tells which answer did not help."""
    plain = _choice(turn, "did_not_help")
    return {"title": f"{plain['title']}: {article.title}", "payload": f'{plain["payload"]}{{"slug": "{article.slug}"}}'}


def _offered_beside(turn: Turn) -> list[dict[str, str]]:
    """The articles offered for a question of the message that has no sure answer, beside the answer to another one."""
    unsure = next((one for one in turn.found if one.outcome == "choices"), None)
    return links(unsure.hits, turn.rejected)[:OFFERED] if unsure else []


def _next(sure: list[Found], turn: Turn) -> list[dict[str, str]]:
    """What may serve next, the next best of each question first; none that is shown already."""
    shown = [one.best.slug for one in sure]
    ranks = zip_longest(*(links(one.hits[1:], [*turn.rejected, *shown]) for one in sure))
    return _once([link for rank in ranks for link in rank if link])


def _once(found: list[dict[str, str]]) -> list[dict[str, str]]:
    return list({link["slug"]: link for link in found}.values())


def _joined(rejected: list[str], more: list[str]) -> list[str]:
    return list(dict.fromkeys([*rejected, *more]))[-REMEMBERED:]
